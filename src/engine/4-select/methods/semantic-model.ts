import { byName } from "./named-resource.ts";

/** `semantic_model:name` or `semantic_model:package.name`. */
export const semanticModel = byName("semantic model", "Semantic models", (all) => all.semanticModels);
