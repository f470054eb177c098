import { errorToJson, type ErrorJson } from "#errors/index.ts";
import { openRegistry, type Lab, type Workspace } from "#registry/index.ts";
import { runLab } from "./run-lab.ts";
import type { LabEvent, RunLabOptions } from "./types.ts";

/** First argument of a process that runs one lab for another process. */
export const workerFlag = "--lab-worker";

interface Request {
  type: "run";
  workspace: string;
  lab: string;
  options: Omit<RunLabOptions, "onEvent" | "signal">;
}

export type WorkerMessage = { type: "event"; event: LabEvent } | { type: "failed"; error: ErrorJson };

/** What a worker needs to know, as it crosses the process border. */
export function requestOf(workspace: Workspace, lab: Lab, options: RunLabOptions): Request {
  const { onEvent: _event, signal: _signal, ...plain } = options;
  const { script: _script, jobs: _jobs, ...rest } = plain as RunLabOptions & { script?: string; jobs?: number };
  return { type: "run", workspace: workspace.root, lab: lab.name, options: rest };
}

/**
 * The other side: waits for one request, runs it, sends its events, and ends. When the parent dies the run is cancelled,
 * so that no orphan goes on writing.
 */
export function serveRun(): void {
  const abort = new AbortController();
  const send = (message: WorkerMessage): void => {
    if (process.connected) process.send?.(message);
  };
  process.once("disconnect", () => abort.abort());
  // Ctrl-C reaches the whole process group: the parent decides what it means.
  process.on("SIGINT", () => {});
  process.on("message", (message: Request | { type: "abort" }) => {
    if (message.type === "abort") {
      abort.abort();
      return;
    }
    void run(message, abort.signal, send).finally(() => process.disconnect?.());
  });
}

async function run(request: Request, signal: AbortSignal, send: (message: WorkerMessage) => void): Promise<void> {
  try {
    const workspace = openRegistry(request.workspace);
    await runLab(workspace, workspace.lab(request.lab), {
      ...request.options,
      signal,
      onEvent: (event) => send({ type: "event", event }),
    });
  } catch (error) {
    send({ type: "failed", error: errorToJson(error) });
  }
}
