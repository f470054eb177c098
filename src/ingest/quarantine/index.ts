/** What can be done with quarantined rows. */
export { dropQuarantine } from "./drop.ts";
export { exportColumns, exportQuarantine } from "./export.ts";
export { readFixes } from "./fixes.ts";
export type { FixedRow } from "./fixes.ts";
export { replayQuarantine } from "./replay.ts";
export type { ReplayResult } from "./replay.ts";
export { quarantinedRows, quarantineSummary } from "./select.ts";
export type { QuarantineFilter, QuarantinedRow, QuarantineGroup } from "./select.ts";
