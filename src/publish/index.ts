/** Publishing: what passed the gate becomes a snapshot that readers open, while the lab's own database goes on changing. */
export { publishErrors } from "./errors.ts";
export { gate, type GateInput, type GateReason } from "./gate.ts";
export { diffOneTable, type TableChanges } from "./changes.ts";
export { diffSnapshots, type ColumnDiff, type TableDiff } from "./diff.ts";
export type { Distribution, Share, Spread } from "./distribution.ts";
export {
  connectPublished,
  openPublished,
  publish,
  publishedVersions,
  rollBack,
  snapshotOf,
  twoVersions,
} from "./publish.ts";
export { exportFormats, exportSnapshot } from "./export.ts";
export type { Exported, ExportOptions } from "./export.ts";
export type { Decision, Publication, PublishOptions } from "./publish.ts";
export type { ExportFormat, ExportManifest, KeptVersion, PublishedTable, PublishedVersion } from "./types.ts";
