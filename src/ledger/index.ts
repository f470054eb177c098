/** The history of a workspace's runs: steps, models, events and scores, in one SQLite file or a PostgreSQL database. */
export { databaseUrl, databaseVariable, Ledger, openLedger } from "./ledger.ts";
export type { OpenLedgerOptions } from "./ledger.ts";
export { copyLedger, runsLeftBehind } from "./copy.ts";
export type { TableCount } from "./copy.ts";
export { RunRecorder, StepRecorder } from "./recorder.ts";
export type { StepResult } from "./recorder.ts";
export type { RecordedProfile } from "./table-profiles.ts";
export type { TableSeen } from "./tables-seen.ts";
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
export { AccessStore } from "./access.ts";
export type { AccessToken, AuditEntry } from "./access.ts";
export { roleAt } from "./grants.ts";
export type { Grant, LabRoles, Role } from "./grants.ts";
export { sessionMs, SessionStore } from "./sessions.ts";
export type { SessionOwner } from "./sessions.ts";
export { UserStore } from "./users.ts";
export type { User } from "./users.ts";
export { AlertStore } from "./alerts.ts";
export type {
  AlertChange,
  AlertMemory,
  ChannelState,
  Delivery,
  DeliveryKind,
  DeliveryMessage,
  Incident,
  IncidentCause,
} from "./alert-types.ts";
export { JobStore } from "./jobs.ts";
export type {
  AttemptEnd,
  JobFilter,
  JobInfo,
  JobOutcome,
  JobRequest,
  JobState,
  LabState,
  Lease,
  WorkerInfo,
} from "./job-types.ts";
export { isAlive, thisProcess, userName } from "./process-identity.ts";
export type { ProcessIdentity } from "./process-identity.ts";
export { newRunId, runIdPrefix } from "./run-id.ts";
