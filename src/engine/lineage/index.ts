/** Column-level lineage of compiled SELECTs, by DuckDB's own parser. */
export { lineageMermaid } from "./mermaid.ts";
export { lineageOf } from "./of-project.ts";
export { type LineageInput, projectLineage } from "./project-lineage.ts";
export {
  type ColumnEdge,
  type ColumnId,
  type LineageGraph,
  type RowEdge,
  traceLineage,
  type TraceOptions,
} from "./trace.ts";
export type * from "./types.ts";
