import type { Database } from "#duck/index.ts";
import type { Lab, OwnStep, Workspace } from "#registry/index.ts";

/** What a run tells its steps. */
export interface StepFacts {
  workspace: Workspace;
  lab: Lab;
  step: OwnStep;
  /** Id of the run in the ledger. */
  runId: string;
  attempt: number;
  /** How the run stands when the step begins. */
  runStatus: "ok" | "failed" | "cancelled";
}

/** The lab's database, whose owner is the process of the run. */
export interface StepDatabase {
  open(): Promise<Database>;
  /** Closes it while something else uses the file. */
  whileClosed<T>(body: () => Promise<T>): Promise<T>;
  /** Somebody wrote to it what nobody can tell. */
  wroteAnything(): void;
  /** Throws for a file that this lab must not write. */
  guard(path: string): void;
}

export interface StepHost {
  database: StepDatabase;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal;
  /** A line that the step printed, without secrets. */
  onLine(line: string, stream: "out" | "err"): void;
}

export interface StepResult {
  /** Rows that SQL wrote. */
  rows?: number;
}
