import { byName } from "./named-resource.ts";

/** `saved_query:name` or `saved_query:package.name`. */
export const savedQuery = byName("saved query", "Saved queries", (all) => all.savedQueries);
