import { qualifiedName } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";

/**
 * Rows lie in `_labs.raw_<table>` with the number of the load that brought them (`_load`), so that a file's rows can be
 * replaced. What everybody reads is the view `raw.<table>`: exactly the file's columns, plus lineage where it is asked for.
 */
export const storeOf = (table: string): string => qualifiedName("_labs", `raw_${table}`);
export const viewOf = (table: string): string => qualifiedName("raw", table);
export const quarantineOf = (table: string): string => qualifiedName("quarantine", table);

/** What decides how a table looks from outside. */
export type TableShape = Pick<SourceConfig, "table" | "mode" | "key" | "orderBy" | "lineage">;

/** Kept as the view's comment: when it changes, the view is made anew and winners are found again. */
export const shapeText = ({ mode, key, orderBy, lineage }: TableShape): string =>
  `labs ${JSON.stringify({
    mode: mode === "replace" ? "append" : mode,
    lineage,
    ...(mode === "merge" && { key, ...(orderBy !== undefined && { orderBy }) }),
  })}`;
