import { signal } from "@preact/signals";
import type { LabList, LabRow, Problem } from "../../src/server/types.ts";
import { ApiError, get } from "./api.ts";
import { connected } from "./live.ts";

/** Every lab, kept up to date by the event stream; all pages read it from here. */
export const labs = signal<LabRow[] | undefined>(undefined);
export const labsProblem = signal<Problem | undefined>(undefined);
/** How far a running transform is, by lab. */
export const progress = signal<Record<string, { done: number; total: number }>>({});
/** The step that a lab is at. */
export const steps = signal<Record<string, string>>({});

export async function loadLabs(): Promise<void> {
  try {
    labs.value = (await get<LabList>("/labs")).labs;
    labsProblem.value = undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    labsProblem.value = error.problem;
    if (error.problem.status === 0) connected.value = false;
    // Until there is a list nothing tells that one could be had.
    if (labs.value === undefined) setTimeout(() => void loadLabs(), 5000);
  }
}

export function putLab(lab: LabRow): void {
  const all = labs.value;
  if (!all) return;
  labs.value = all.some(({ name }) => name === lab.name)
    ? all.map((each) => (each.name === lab.name ? lab : each))
    : [...all, lab];
  if (lab.state === "running") return;
  const { [lab.name]: _gone, ...rest } = progress.value;
  progress.value = rest;
  const { [lab.name]: _step, ...others } = steps.value;
  steps.value = others;
}

/** Worst first: what is broken, what works now, what waits, the rest. */
export function urgency(lab: LabRow): number {
  if (lab.status === "archived") return 9;
  if (lab.trouble !== null || lab.state === "failed" || lab.state === "crashed") return 0;
  if (lab.state === "running") return 1;
  if (lab.state === "queued") return 2;
  if (lab.score !== null && lab.score < 90) return 3;
  if (lab.paused !== null || lab.status === "paused") return 5;
  return lab.state === "never" ? 6 : 4;
}
