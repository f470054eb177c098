import { byName } from "./named-resource.ts";

/** `metric:name` or `metric:package.name`. */
export const metric = byName("metric", "Metrics", (all) => all.metrics);
