/** Workspaces and their labs: the registry file, lab.yml, paths, new labs, isolation and the lab's lock. */
export { registryErrors } from "./errors.ts";
export { findWorkspace, openRegistry, registryPath, Workspace } from "./workspace.ts";
export { Lab } from "./lab.ts";
export type { LabPaths } from "./lab.ts";
export type { LabConfig, SourceConfig, Expectation } from "./lab-config.ts";
export { readLabConfig } from "./lab-config.ts";
export type { LabEntry, LabStatus } from "./schemas/workspace.ts";
export type { QualityConfig, ScheduleConfig, ScorePart, TableQuality } from "./schemas/lab.ts";
export { scoreParts } from "./schemas/lab.ts";
export type { ColumnEntry, DriftPolicy, ExpectationEntry, LoadMode, SourceEntry } from "./schemas/source.ts";
export { guardFor, labTarget, requireOwnDatabase } from "./guard.ts";
export type { Guard, LabTarget } from "./guard.ts";
export { acquireLabLock, describeHolder, labHolder } from "./lock.ts";
export type { LabLock, LockHolder, LockOptions } from "./lock.ts";
