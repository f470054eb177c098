/** One lab's run, its stages in order, and many labs side by side. */
export { runLab } from "./run-lab.ts";
export { ingestLab } from "./ingest-lab.ts";
export type { IngestLabOptions, IngestLabResult } from "./ingest-lab.ts";
export { testLab } from "./test-lab.ts";
export { runLabs, withoutResult } from "./run-labs.ts";
export { RunOrder } from "./run-order.ts";
export type { RunLabsOptions } from "./run-labs.ts";
export { serveRuns } from "./worker.ts";
export { serveWork, type StopReason, tellParent } from "./serve-work.ts";
export { WorkProcess } from "./work-process.ts";
export { exportLab } from "./export-lab.ts";
export { planLab } from "./plan-lab.ts";
export type { LabPlan } from "./plan-lab.ts";
export { engineSettings } from "./transform.ts";
export { readSnapshots, withSnapshots } from "./reads.ts";
export { pipelineErrors } from "./errors.ts";
export { stepNames } from "./types.ts";
export type { LabEvent, LabRunResult, NodeOutcome, RunLabOptions, StepName, StepOutcome } from "./types.ts";
