/** Ingestion: the file ledger, the CSV monitor, contracts, loads and quarantine, and the generator of example data. */
export { ingestErrors } from "./errors.ts";
export { detectChanges } from "./detect/detect.ts";
export type { DetectOptions } from "./detect/detect.ts";
export { loadChanges } from "./load/load.ts";
export type { LoadOptions } from "./load/load.ts";
export { readLedger } from "./ledger/file-ledger.ts";
export type { FileState, KnownFile, LedgerSnapshot } from "./ledger/file-ledger.ts";
export { filesInWords, isPollName, planInWords } from "./records/words.ts";
export type { PollEffects } from "./api/effects.ts";
export { lastLoads } from "./ledger/last-loads.ts";
export type { LastLoad } from "./ledger/last-loads.ts";
export { readPolls } from "./records/ledger.ts";
export type { PollState } from "./records/ledger.ts";
export { loadTotals } from "./ledger/load-totals.ts";
export type { LoadTotals } from "./ledger/load-totals.ts";
export { sourceFacts } from "./ledger/source-facts.ts";
export type { SourceFacts } from "./ledger/source-facts.ts";
export { sourcesOf } from "./detect/sources.ts";
export {
  dropQuarantine,
  exportColumns,
  exportQuarantine,
  quarantinedRows,
  quarantineSummary,
  readFixes,
  replayQuarantine,
} from "./quarantine/index.ts";
export type { QuarantineFilter, QuarantinedRow, QuarantineGroup, ReplayResult } from "./quarantine/index.ts";
export { openForLoading, openForReading } from "./lab-database.ts";
export { driftText } from "./contract/drift-text.ts";
export { agreedEntries } from "./contract/freeze.ts";
export { sourceEntry } from "./contract/describe.ts";
export { proposeContracts } from "./contract/propose-lab.ts";
export type { ContractProposal } from "./contract/propose-lab.ts";
export { watchFolder } from "./watch/watch-folder.ts";
export { folderFingerprint } from "./watch/folder-fingerprint.ts";
export type { LookReason, WatchOptions } from "./watch/watch-folder.ts";
export { planPrune, prune } from "./retention/prune.ts";
export type { PrunedLoad, PruneOptions } from "./retention/prune.ts";
export { backupLab, listBackups, restoreLab } from "./retention/backup.ts";
export type { BackupManifest } from "./retention/backup.ts";
export { childEnvironment, GroupedProcess, nodeWords } from "./steps/child-process.ts";
export { Secrets } from "./api/secrets.ts";
export { isPattern, patternToRegExp } from "./detect/pattern.ts";
export { CsvMonitor } from "./monitor/csv-monitor.ts";
export type { CsvCheck, CsvMonitorOptions } from "./monitor/csv-monitor.ts";
export type { MonitorEntry, MonitorState } from "./monitor/state.ts";
export { demoFiles, generateDemoFile } from "./demo/generate.ts";
export type { DemoFile, DemoOptions, GeneratedFile } from "./demo/generate.ts";
export { dirtRates } from "./demo/dirt.ts";
export type { Contract, ContractColumn } from "./contract/types.ts";
export type { Dialect } from "./csv/dialect.ts";
export type {
  ChangeAction,
  ChangeReason,
  FileChange,
  FileOutcome,
  FileResult,
  FileStat,
  IngestEvent,
  IngestLab,
  IngestPlan,
  IngestResult,
} from "./types.ts";
