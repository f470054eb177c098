import { plural } from "#errors/index.ts";
import { type Lab, type OwnStep, stages, type Workspace } from "#registry/index.ts";
import { stepInWords, stepState } from "#steps/index.ts";
import type { RunLabOptions } from "./types.ts";

/** What a run would do with one of the lab's own steps. */
export interface PlannedStep {
  name: string;
  /** `before load`, `after publish`. */
  place: string;
  /** `command: python3 fetch.py` */
  does: string;
  runs: boolean;
  why: string;
}

/** Says which own steps a run would run or leave out, and why. Nothing was changed to find out. */
export async function planSteps(
  workspace: Workspace,
  lab: Lab,
  options: Pick<RunLabOptions, "steps" | "changed" | "fullRefresh">,
): Promise<PlannedStep[]> {
  const planned: PlannedStep[] = [];
  const { steps } = lab.config;
  const isStage = (name: string) => (stages as readonly string[]).includes(name);
  for (const [i, { name, own }] of steps.entries()) {
    if (!own || (options.steps && !options.steps.includes(name))) continue;
    const next = steps.slice(i).find((step) => isStage(step.name));
    planned.push({
      name,
      place: next ? `before ${next.name}` : "after publish",
      does: stepInWords(own),
      ...(await verdict(workspace, lab, own, options)),
    });
  }
  return planned;
}

async function verdict(
  workspace: Workspace,
  lab: Lab,
  step: OwnStep,
  { steps, changed, fullRefresh }: Pick<RunLabOptions, "steps" | "changed" | "fullRefresh">,
): Promise<Pick<PlannedStep, "runs" | "why">> {
  if (step.when === "on_failure" && !steps?.includes(step.name))
    return { runs: false, why: "runs after a failure only" };
  const state = await stepState(workspace, lab, step);
  if (state === undefined) return { runs: true, why: "runs every time" };
  if (state.unchanged === undefined) {
    const missing = state.without.length;
    return {
      runs: true,
      why: missing > 0 ? `${plural(missing, "input")} without a file` : "its inputs or outputs changed",
    };
  }
  return changed === false || fullRefresh === true
    ? { runs: true, why: `runs, although ${state.unchanged}` }
    : { runs: false, why: `kept: ${state.unchanged}` };
}
