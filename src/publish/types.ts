/** A table of a published snapshot. */
export interface PublishedTable {
  schema: string;
  name: string;
  rows: number;
  /** Of what the table was made from: a table of the same identity has the same rows. Null when that is not known. */
  identity?: string | null;
}

/** One published version of a lab, as its JSON file says beside the snapshot. */
export interface PublishedVersion {
  /** Sorts by time: `20261123T081530Z-1a2b3c4`. */
  version: string;
  /** ISO, UTC. */
  publishedAt: string;
  /** Of the run that made it, in the ledger. */
  runId: string | null;
  score: number | null;
  tables: PublishedTable[];
  bytes: number;
  /** Bytes of the file that hold nothing, left by tables that were replaced. */
  freeBytes?: number;
  /** The DuckDB that wrote the file: `v1.5.5`. */
  duckdb?: string;
  /** Tables that were taken over from the version before, without writing them again. */
  kept?: number;
  /** What it was made from: the same basis needs no new version. Null when that is not known. */
  basis: string | null;
}

/** A version in the list of those that are kept. */
export interface KeptVersion extends PublishedVersion {
  /** What readers see. */
  current: boolean;
}

/** `parquet` or `csv`: one file a table. */
export type ExportFormat = "parquet" | "csv";

/** A table in an export's manifest. */
export interface ExportedTable extends Omit<PublishedTable, "identity"> {
  columns: { name: string; type: string }[];
  /** Relative to the manifest's folder. */
  file: string;
  bytes: number;
  /** Of the file, in hex. */
  sha256: string;
}

/** `manifest.json` of an export: what was published, when, from which run, and its files. */
export interface ExportManifest extends Pick<PublishedVersion, "version" | "runId" | "score" | "publishedAt"> {
  lab: string;
  /** ISO, UTC. */
  exportedAt: string;
  format: ExportFormat;
  tables: ExportedTable[];
}
