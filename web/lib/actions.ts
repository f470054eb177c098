import type { JobJson, LabRow } from "../../src/server/types.ts";
import { say } from "../parts/basic.tsx";
import { ApiError, post } from "./api.ts";

/** Does something and says what became of it; undefined when it was refused. */
export async function act<T>(done: string, action: () => Promise<T>): Promise<T | undefined> {
  try {
    const result = await action();
    say(done);
    return result;
  } catch (error) {
    const problem = error instanceof ApiError ? error.problem : undefined;
    say(problem ? `${problem.detail}${problem.hint ? ` ${problem.hint}` : ""}` : String(error), true);
    return undefined;
  }
}

const of = (lab: string) => `/labs/${encodeURIComponent(lab)}`;
export const runLab = (lab: string, options: object = {}) =>
  act(`${lab} is queued.`, () => post<JobJson>(`${of(lab)}/runs`, options));
export const cancelJob = (job: string) =>
  act("It stops at the next model.", () => post<JobJson>(`/jobs/${encodeURIComponent(job)}/cancel`));
export const pauseLab = (lab: string) =>
  act(`Schedules leave ${lab} alone.`, () => post<LabRow>(`${of(lab)}/pause`, {}));
export const resumeLab = (lab: string) =>
  act(`${lab} follows its schedule again.`, () => post<LabRow>(`${of(lab)}/resume`));
