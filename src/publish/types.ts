/** A table of a published snapshot. */
export interface PublishedTable {
  schema: string;
  name: string;
  rows: number;
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
  /** What it was made from: the same basis needs no new version. Null when that is not known. */
  basis: string | null;
}

/** A version in the list of those that are kept. */
export interface KeptVersion extends PublishedVersion {
  /** What readers see. */
  current: boolean;
}
