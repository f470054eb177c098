import { errorToJson, type ErrorJson } from "#errors/index.ts";
import { openRegistry, type Lab, type Workspace } from "#registry/index.ts";
import { runLab } from "./run-lab.ts";
import { serveWork, tellParent } from "./serve-work.ts";
import type { LabEvent, RunLabOptions } from "./types.ts";

/** First argument of a process that runs labs for another process. */
export const workerFlag = "--lab-worker";

/** One lab's run as it crosses the process border. */
export interface LabWork {
  workspace: string;
  lab: string;
  options: Omit<RunLabOptions, "onEvent" | "signal">;
}

export type WorkerMessage = { type: "event"; event: LabEvent } | { type: "failed"; error: ErrorJson };

/** What a worker needs to know. */
export function workOf(workspace: Workspace, lab: Lab, options: RunLabOptions): LabWork {
  const { onEvent: _event, signal: _signal, ...plain } = options;
  const { script: _script, jobs: _jobs, ...rest } = plain as RunLabOptions & { script?: string; jobs?: number };
  return { workspace: workspace.root, lab: lab.name, options: rest };
}

/** The other side: runs the labs that it is given one after the other, and sends their events. */
export function serveRuns(): void {
  const tell = (message: WorkerMessage) => tellParent(message);
  serveWork<LabWork>(async ({ workspace: root, lab, options }, { signal }) => {
    try {
      const workspace = openRegistry(root);
      await runLab(workspace, workspace.lab(lab), {
        ...options,
        signal,
        onEvent: (event) => tell({ type: "event", event }),
      });
      return true;
    } catch (error) {
      tell({ type: "failed", error: errorToJson(error) });
      return false;
    }
  });
}
