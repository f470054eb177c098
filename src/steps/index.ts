/** A lab's own steps: commands, scripts and SQL before, between and behind the stages of its run. */
export { attemptStep, retryAfter } from "./run-step.ts";
export { stepState } from "./unchanged.ts";
export type { StepState } from "./unchanged.ts";
export { stepInWords } from "./describe.ts";
export { stepErrors } from "./errors.ts";
export type { StepDatabase, StepFacts, StepHost, StepResult } from "./types.ts";
