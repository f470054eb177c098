import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { type ErrorJson, errorToJson } from "#errors/index.ts";
import type { Lab, Workspace } from "#registry/index.ts";
import { pipelineErrors } from "./errors.ts";
import type { LabEvent, LabRunResult, RunLabOptions } from "./types.ts";
import { RunOrder } from "./run-order.ts";
import { requestOf, workerFlag, type WorkerMessage } from "./worker.ts";

export interface RunLabsOptions extends Omit<RunLabOptions, "onEvent"> {
  onEvent: (event: LabEvent) => void;
  /** Labs that run at the same time. Default: the machine's cores. */
  jobs?: number;
  /** Script that calls {@link serveRun} when it is started with the worker's flag. */
  script: string;
}

/**
 * Runs many labs side by side, each in a process of its own: a DuckDB file belongs to one process, and a lab that crashes takes
 * nobody along. One that reads others, or runs after them, waits for those among them. Results come in the order of the labs. After an abort the workers are told to stop and are waited for.
 */
export async function runLabs(workspace: Workspace, labs: Lab[], options: RunLabsOptions): Promise<LabRunResult[]> {
  const results: LabRunResult[] = Array.from({ length: labs.length });
  const jobs = Math.max(1, Math.min(options.jobs ?? availableParallelism(), labs.length));
  const order = new RunOrder(labs);
  const work = async (): Promise<void> => {
    for (let lab = await order.next(); lab; lab = await order.next()) {
      results[labs.indexOf(lab)] = options.signal?.aborted ? notRun(lab) : await runInProcess(workspace, lab, options);
      order.done(lab);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results;
}

function runInProcess(workspace: Workspace, lab: Lab, options: RunLabsOptions): Promise<LabRunResult> {
  return new Promise((resolve) => {
    const started = performance.now();
    const child = fork(options.script, [workerFlag], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: { ...process.env, UV_THREADPOOL_SIZE: "16" },
    });
    let result: LabRunResult | undefined;
    const abort = () => child.connected && child.send({ type: "abort" });
    options.signal?.addEventListener("abort", abort, { once: true });
    child.on("message", (message: WorkerMessage) => {
      if (message.type === "event") {
        if (message.event.type === "run-finish") result = message.event.result;
        options.onEvent(message.event);
      } else if (message.type === "failed") {
        result = broken(lab, started, message.error);
        options.onEvent({ type: "run-finish", lab: lab.name, result });
      }
    });
    child.on("exit", (code, signal) => {
      options.signal?.removeEventListener("abort", abort);
      if (!result) {
        const how = signal === null ? `with code ${code}` : `by ${signal}`;
        const error = pipelineErrors.workerDied({
          message: `The process of lab ${lab.name} ended ${how} before it was done.`,
          hint: "Run it again; what was committed is kept. If it was out of memory, lower memory_limit in the profile's settings.",
        });
        result = broken(lab, started, errorToJson(error));
        options.onEvent({ type: "run-finish", lab: lab.name, result });
      }
      resolve(result);
    });
    child.on("error", () => {});
    child.send(requestOf(workspace, lab, options));
  });
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
