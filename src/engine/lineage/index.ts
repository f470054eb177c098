/** Column-level lineage of compiled SELECTs, by DuckDB's own parser. */
export { type LineageInput, projectLineage } from "./project-lineage.ts";
export type * from "./types.ts";
