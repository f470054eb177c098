/** The history of a workspace's runs: steps, models, events and scores, in one SQLite file. */
export { Ledger, openLedger } from "./ledger.ts";
export type { OpenLedgerOptions } from "./ledger.ts";
export { RunRecorder, StepRecorder } from "./recorder.ts";
export type { StepResult } from "./recorder.ts";
export { ledgerErrors } from "./errors.ts";
export type {
  EventFilter,
  EventInfo,
  EventInput,
  EventLevel,
  ModelResult,
  RunDetail,
  RunFilter,
  RunInfo,
  RunStart,
  RunStatus,
  RunSummary,
  ScoreFilter,
  ScoreInfo,
  ScoreResult,
  StepInfo,
  StepStatus,
} from "./types.ts";
