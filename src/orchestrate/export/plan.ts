import { dependenciesOf, type Lab, type Workspace } from "#registry/index.ts";
import { Schedule } from "../schedule/schedule.ts";

/** One task of a lab in another scheduler: a `labs run` of one step. */
export interface ExportedTask extends Record<string, string | string[]> {
  id: string;
  /** Names for `--step`. */
  steps: string[];
  when: "on_success" | "on_failure" | "always";
}

/** A lab as other schedulers need it: plain data. Times in seconds. */
export interface ExportedLab {
  name: string;
  description: string;
  owner: string;
  paused: boolean;
  crons: string[];
  every: number | null;
  timezone: string;
  /** Starts when one of these was published. */
  after: string[];
  /** Runs behind these where all labs are run: those, and the labs that it reads. */
  behind: string[];
  on_files: boolean;
  /** Make up for every missed time. */
  catchup: boolean;
  priority: number;
  retries: number;
  retry_after: number;
  timeout: number | null;
  tasks: ExportedTask[];
}

/**
 * What each stage's task runs. A process that inspects or publishes has to know what was built and tested: `transform`
 * finds that nothing changed since the task before and takes the outcome over.
 */
const stepsOfTask: Record<string, string[]> = {
  inspect: ["transform", "inspect"],
  publish: ["transform", "inspect", "publish"],
};

/** The labs of a workspace that are not archived, each with its schedule and tasks. Errors: those of lab.yml. */
export function exportedLabs(workspace: Workspace): ExportedLab[] {
  return workspace.labs.filter(({ status }) => status !== "archived").map(exportedLab);
}

function exportedLab(lab: Lab): ExportedLab {
  const schedule = new Schedule(lab);
  return {
    name: lab.name,
    description: lab.description ?? "",
    owner: lab.maintainer ?? "labs",
    paused: lab.status === "paused" || schedule.paused,
    crons: schedule.crons.map((text) => text.trim()),
    every: schedule.everyMs === undefined ? null : schedule.everyMs / 1000,
    timezone: schedule.timezone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone,
    after: [...schedule.after],
    behind: dependenciesOf(lab),
    on_files: schedule.onFiles,
    catchup: schedule.missed === "catch_up",
    priority: schedule.priority,
    retries: schedule.retries,
    retry_after: schedule.retryAfterMs / 1000,
    timeout: schedule.timeoutMs === undefined ? null : schedule.timeoutMs / 1000,
    tasks: lab.config.steps.map(({ name, own }) => ({
      id: name,
      steps: own ? [name] : (stepsOfTask[name] ?? [name]),
      when: own?.when ?? "on_success",
    })),
  };
}
