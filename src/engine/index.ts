/**
 * The dbt-compatible engine, usable alone as a library.
 */
export { runCommand } from "./run-command.ts";
export { readAhead } from "./commands/read-ahead.ts";
export { succeeded } from "./commands/result.ts";
export type { CommandResult } from "./commands/result.ts";
export type { CommandOptions, ReadAhead } from "./commands/invocation.ts";
export { inFolder } from "./current-folder.ts";
export { writtenFiles } from "./adapter/attach.ts";
export { problemOf, reasonOf, reusedResult } from "./6-execute/outcome.ts";
export { lineageMermaid } from "./lineage/mermaid.ts";
export { traceLineage } from "./lineage/trace.ts";
export type {
  Clause,
  ColumnEdge,
  ColumnId,
  ColumnLineage,
  ColumnOrigin,
  LineageGraph,
  LineageStatus,
  NodeLineage,
  ProjectLineage,
  RowEdge,
  RowOrigin,
  TraceOptions,
  TransformationKind,
} from "./lineage/index.ts";
export { columnLineage, manifestLineage, openProject } from "./open-project.ts";
export type { OpenedProject, OpenProjectOptions } from "./open-project.ts";
export type { AnyNode, EngineEvent, EventSink } from "./events.ts";
export type { Command, Flags } from "./flags.ts";
export { defaultFlags } from "./default-flags.ts";
export type * from "./manifest/types.ts";
export type { Project, ReadProject, Target } from "./1-read/types.ts";
export type { FreshnessResult } from "./7-artifacts/index.ts";
export { engineErrors } from "./errors.ts";
export { warningIsError, warningIsSilenced, type WarnErrorOptions } from "./warn-errors.ts";
export {
  cleanProject,
  databaseName,
  dbtVersion,
  defaultProfilesDir,
  findProjectDir,
  installPackages,
  loadDotEnv,
  LogFile,
  openDocsSite,
  parseYaml,
  pathKind,
  readProfiles,
  readProject,
  readProjectFlags,
  readRawProject,
  readTarget,
  readUserFlags,
  customVariables,
  scrubSecrets,
  secretsIn,
  targetForDatabase,
} from "./1-read/index.ts";
export type { DepsEvent, OwnTargetRequest, ReadWarning, RootProjectOptions } from "./1-read/index.ts";
