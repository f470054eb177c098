import { availableParallelism } from "node:os";
import { type ErrorJson, errorToJson } from "#errors/index.ts";
import type { Lab, Workspace } from "#registry/index.ts";
import { pipelineErrors } from "./errors.ts";
import type { LabEvent, LabRunResult, RunLabOptions } from "./types.ts";
import { RunOrder } from "./run-order.ts";
import { WorkProcess } from "./work-process.ts";
import { type LabWork, workerFlag, type WorkerMessage, workOf } from "./worker.ts";

export interface RunLabsOptions extends Omit<RunLabOptions, "onEvent"> {
  onEvent: (event: LabEvent) => void;
  /** Labs that run at the same time. Default: the machine's cores. */
  jobs?: number;
  /** Script that calls {@link serveRuns} when it is started with the worker's flag. */
  script: string;
}

/**
 * Runs many labs side by side in as many processes, each of which runs one at a time. One that reads others, or runs after them, waits for those among them. Results come in the order of the labs. After an abort the workers are told to stop and are waited for.
 */
export async function runLabs(workspace: Workspace, labs: Lab[], options: RunLabsOptions): Promise<LabRunResult[]> {
  const results: LabRunResult[] = Array.from({ length: labs.length });
  const jobs = Math.max(1, Math.min(options.jobs ?? availableParallelism(), labs.length));
  const order = new RunOrder(labs);
  const work = async (): Promise<void> => {
    let worker: LabProcess | undefined;
    for (let lab = await order.next(); lab; lab = await order.next()) {
      const index = labs.indexOf(lab);
      if (options.signal?.aborted) results[index] = notRun(lab);
      else {
        if (!worker || worker.end !== undefined) worker = new WorkProcess(options.script, workerFlag);
        results[index] = await runInProcess(worker, workspace, lab, options);
      }
      order.done(lab);
    }
    worker?.release();
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results;
}

type LabProcess = WorkProcess<LabWork, WorkerMessage>;

async function runInProcess(
  worker: LabProcess,
  workspace: Workspace,
  lab: Lab,
  options: RunLabsOptions,
): Promise<LabRunResult> {
  const started = performance.now();
  let result: LabRunResult | undefined;
  const finish = (error: ErrorJson): LabRunResult => {
    const failed = broken(lab, started, error);
    options.onEvent({ type: "run-finish", lab: lab.name, result: failed });
    return failed;
  };
  const abort = () => worker.stop("cancelled");
  options.signal?.addEventListener("abort", abort, { once: true });
  await worker.run(workOf(workspace, lab, options), (message) => {
    if (message.type === "failed") result = finish(message.error);
    else {
      if (message.event.type === "run-finish") result = message.event.result;
      options.onEvent(message.event);
    }
  });
  options.signal?.removeEventListener("abort", abort);
  if (result) return result;
  const error = pipelineErrors.workerDied({
    message: `The process of lab ${lab.name} ended ${worker.end} before it was done.`,
    hint: "Run it again; what was committed is kept. If it was out of memory, lower memory_limit in the profile's settings.",
  });
  return finish(errorToJson(error));
}

/** The result of a run that came to nothing. `started`: of `performance.now()`. */
export function withoutResult(
  lab: Pick<Lab, "name">,
  started: number,
  why: { message: string; error?: ErrorJson; status?: LabRunResult["status"] },
): LabRunResult {
  const { message, error, status = "failed" } = why;
  const seconds = (performance.now() - started) / 1000;
  return { ...empty(lab), status, seconds, message, ...(error && { error }) };
}

const broken = (lab: Lab, started: number, error: ErrorJson): LabRunResult =>
  withoutResult(lab, started, { message: error.message, error });

const notRun = (lab: Lab): LabRunResult => ({
  ...empty(lab),
  status: "cancelled",
  message: "Not started: the run was cancelled.",
});

const empty = (lab: Pick<Lab, "name">): LabRunResult => ({
  lab: lab.name,
  runId: null,
  status: "failed",
  seconds: 0,
  steps: [],
  files: [],
  rowsLoaded: 0,
  rowsQuarantined: 0,
  nodes: [],
  models: { ok: 0, failed: 0, skipped: 0, unchanged: 0 },
  tests: { passed: 0, warned: 0, failed: 0, unchanged: 0 },
  quality: null,
  published: null,
  held: [],
  message: "",
});
