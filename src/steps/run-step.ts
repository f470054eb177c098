import { isLabsError, type LabsError } from "#errors/index.ts";
import type { OwnStep } from "#registry/index.ts";
import { stepErrors } from "./errors.ts";
import { runCommandStep } from "./run-command.ts";
import { runSqlStep } from "./run-sql.ts";
import type { StepFacts, StepHost, StepResult } from "./types.ts";
import { missingOutputs } from "./unchanged.ts";

/** Makes one attempt at a step. Errors: STEP-001 to STEP-007, REG-013; the signal's reason when the run was cancelled. */
export async function attemptStep(facts: StepFacts, host: StepHost): Promise<StepResult> {
  const { lab, step } = facts;
  const { kind } = step.action;
  const result =
    kind === "sql" || kind === "sql-file"
      ? await runSqlStep(facts, host)
      : step.exclusive
        ? await host.database.whileClosed(() => runCommandStep(facts, host))
        : await runCommandStep(facts, host);
  const missing = missingOutputs(lab, step);
  if (missing.length > 0) {
    throw stepErrors.outputsMissing({
      message: `The step ${step.name} ended well, but there is no file ${missing.join(", ")}.`,
      place: step.place,
      hint: "Correct `outputs`, which are relative to the lab's folder, or the step.",
      data: { step: step.name, missing },
    });
  }
  return result;
}

const longestWait = 600_000;

/** Milliseconds before the next attempt, or undefined when there is none: no retries are left, or it would fail again. */
export function retryAfter(error: unknown, step: OwnStep, attempt: number): number | undefined {
  if (attempt > step.retries || !isLabsError(error) || !mayPass(error)) return undefined;
  return Math.min(step.retryWaitMs * 2 ** (attempt - 1), longestWait);
}

/** SQL that is wrong stays wrong; a conflict, a disk or a network may be another way the next time. */
const mayPass = (error: LabsError): boolean =>
  error.retryable ||
  (error.code === "STEP-006" && /\b(TransactionContext|IO|HTTP|Connection) Error\b/.test(error.message));
