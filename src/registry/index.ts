/** Workspaces and their labs: the registry file, lab.yml, paths, new labs, isolation and the lab's lock. */
export { registryErrors } from "./errors.ts";
export { fileStamp, makeFolder, protectFile, readText, removeFile } from "./files.ts";
export { commitOf, configHash } from "./code-version.ts";
export { lockFile } from "./sqlite.ts";
export { findWorkspace, openRegistry, registryPath, Workspace } from "./workspace.ts";
export { Lab } from "./lab.ts";
export type { LabPaths } from "./lab.ts";
export type { DeclaredColumn, LabConfig, SourceConfig } from "./lab-config.ts";
export type { Expectation, TableExpectation } from "./expectations.ts";
export { formatOfName, milliseconds, readLabConfig } from "./lab-config.ts";
export { freezeSources, sourcesText } from "./lab-edit.ts";
export { dependenciesOf, requireSoundDependencies } from "./dependencies.ts";
export type { ReadConfig } from "./reads.ts";
export type { OwnStep, OwnStepAction, RunStep } from "./own-steps.ts";
export { stages } from "./schemas/own-step.ts";
export type { Stage } from "./schemas/own-step.ts";
export { requiredVariables } from "./records-config.ts";
export type { ApiConfig, AuthConfig, PaginationConfig, RecordsConfig, StepConfig } from "./records-config.ts";
export type { LabEntry, LabStatus } from "./schemas/workspace.ts";
export type { ScheduleConfig } from "./schemas/lab.ts";
export { type Cron, cronOf } from "./schedule-problems.ts";
export type { QualityConfig, Reaction, ScorePart, TableQuality, WorkspaceQuality } from "./schemas/quality.ts";
export { scoreParts } from "./schemas/quality.ts";
export type { ExpectationEntry, TableExpectationEntry } from "./schemas/expectation.ts";
export type {
  ColumnEntry,
  DriftPolicy,
  FileFormat,
  LoadMode,
  SourceEntry,
} from "./schemas/source.ts";
export { guardFor, labTarget, requireOwnDatabase } from "./guard.ts";
export type { Guard, LabTarget } from "./guard.ts";
export { hasProfiles, requireOwnProfile } from "./profile-check.ts";
export { acquireLabLock, describeHolder, labHolder } from "./lock.ts";
export type { LabLock, LockHolder, LockOptions } from "./lock.ts";
export { createLab, registerLab } from "./create-lab.ts";
export type { CreatedLab, NewLab, Registration } from "./create-lab.ts";
export { addLab } from "./registry-file.ts";
export { initWorkspace } from "./init.ts";
export type { InitResult } from "./init.ts";
export { templates } from "./templates/index.ts";
export { schemaFiles } from "./schemas/index.ts";
export {
  alertsPath,
  alertsStart,
  alertTemplatesPath,
  channelVariables,
  labAlertsConfig,
  mergeThresholds,
  readAlertsConfig,
} from "./alerts-config.ts";
export type {
  AlertRule,
  AlertsConfig,
  Amount,
  Channel,
  CommandChannel,
  EmailChannel,
  FileChannel,
  LabAlerts,
  QuietHours,
  SlackChannel,
  Thresholds,
  WebhookChannel,
} from "./alerts-config.ts";
export { isQueryName, queryExists, removeQuery, savedQueries, saveQuery } from "./saved-queries.ts";
export type { SavedQuery } from "./saved-queries.ts";
export { labSettings } from "./settings.ts";
export type { Setting } from "./settings.ts";
export { appendLine, modifiedAt, readIfThere, sizeOf, volumeOf } from "./disk.ts";
export type { Volume } from "./disk.ts";
export { alertEvents } from "./schemas/alerts.ts";
export type { AlertEvent } from "./schemas/alerts.ts";
export { examine, examineWorkspace } from "./doctor.ts";
export type { Finding } from "./doctor.ts";
export { temporaryFile } from "./temporary-file.ts";
export type { TemporaryFile } from "./temporary-file.ts";
export { writeAtomic } from "./files.ts";
export { KnownFiles } from "./real-path.ts";
