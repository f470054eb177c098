/** How a column's values come from another's: as they are, computed row by row, or out of many rows. */
export type TransformationKind = "identity" | "derived" | "aggregated";

/** Parts of a query that decide which rows there are, or in which order, without giving a column its values. */
export type Clause =
  | "join"
  | "filter"
  | "group"
  | "having"
  | "qualify"
  | "distinct"
  | "set"
  | "order"
  | "limit"
  | "unnest"
  | "pivot";

/** A column of another node that a column's values come from. */
export interface ColumnOrigin {
  /** Unique id; for a relation or file that no node of the project stands for, its SQL text. */
  node: string;
  column: string;
  kind: TransformationKind;
}

/** A column of another node that decides about a node's rows. */
export interface RowOrigin {
  node: string;
  column: string;
  clauses: Clause[];
}

export interface ColumnLineage {
  name: string;
  /** Each column once, with its strongest kind. Constants and `count(*)` have none. */
  upstream: ColumnOrigin[];
  /** False when something that the column is made of could not be found; `problems` of the node say what. */
  complete: boolean;
}

/**
 * - `resolved`: every column is there, with everything that it is made of;
 * - `partial`: something is unknown, `problems` say what;
 * - `failed`: there is no SELECT to read, `problems` say why; columns are what the database or the properties know;
 * - `origin`: sources, seeds and relations outside of the project, where lineage begins.
 */
export type LineageStatus = "resolved" | "partial" | "failed" | "origin";

/** The columns of one node and where they come from. */
export interface NodeLineage {
  unique_id: string;
  name: string;
  resource_type: string;
  status: LineageStatus;
  columns: ColumnLineage[];
  /** True when `columns` are all that there are. */
  columns_complete: boolean;
  /** Columns that decide about rows only: joins, conditions, groups, order. */
  filters: RowOrigin[];
  problems: string[];
}

/** Column-level lineage of a project, by unique id, parents before children. */
export interface ProjectLineage {
  nodes: Record<string, NodeLineage>;
}
