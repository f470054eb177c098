import { setTimeout as sleep } from "node:timers/promises";
import { errorToJson, plural } from "#errors/index.ts";
import type { RunRecorder } from "#ledger/index.ts";
import type { Lab, OwnStep, RunStep, Workspace } from "#registry/index.ts";
import { attemptStep, retryAfter, type StepDatabase, stepState } from "#steps/index.ts";
import type { LabEvent, RunLabOptions, StepOutcome } from "./types.ts";

/** A cancelled run's `when: always` steps get this long for their cleaning up. */
const cleanupMilliseconds = 30_000;

export interface OwnStepsRun {
  workspace: Workspace;
  lab: Lab;
  options: Pick<RunLabOptions, "steps" | "signal" | "changed" | "fullRefresh" | "beforeStep">;
  recorder: RunRecorder;
  database: StepDatabase;
  /** Of the whole run, so far; own steps are added. */
  outcomes: StepOutcome[];
  emit: (event: LabEvent) => void;
}

/** The lab's own steps during one run: each runs where it stands among the stages. */
export class OwnSteps {
  readonly #run: OwnStepsRun;
  readonly #steps: readonly RunStep[];
  #next = 0;

  constructor(run: OwnStepsRun) {
    this.#run = run;
    this.#steps = run.lab.config.steps;
  }

  /** Runs the steps that stand before a stage. False: a required one failed or the run was cancelled, nothing may follow. */
  async until(stage: string): Promise<boolean> {
    for (;;) {
      const step = this.#steps[this.#next++];
      if (step === undefined || step.name === stage) return true;
      if (!step.own) continue;
      const { status, optional } = await this.#step(step.own);
      if (status === "cancelled" || (status === "failed" && !optional)) return false;
    }
  }

  /** Runs what is left after the last stage, or after the run was stopped: then only what is there for that. */
  async rest(): Promise<void> {
    while (this.#next < this.#steps.length) await this.until("");
  }

  async #step(step: OwnStep): Promise<StepOutcome> {
    const { outcomes, emit, lab } = this.#run;
    const started = performance.now();
    const idle = this.#whyNot(step);
    if (idle !== undefined) {
      const outcome: StepOutcome = { name: step.name, status: "skipped", seconds: 0 };
      outcomes.push(outcome);
      if (idle !== "") emit({ type: "step-finish", lab: lab.name, step: step.name, outcome, detail: idle });
      return outcome;
    }
    await this.#run.options.beforeStep?.();
    const outcome = await this.#attempts(step, started);
    outcomes.push(outcome);
    return outcome;
  }

  /** Why a step does not run now; empty when it is not of this run at all. */
  #whyNot(step: OwnStep): string | undefined {
    const { options, outcomes } = this.#run;
    const named = options.steps?.includes(step.name);
    if (options.steps && !named) return "";
    const cancelled = this.#cancelled;
    const failed = outcomes.some(({ status, optional }) => status === "failed" && !optional);
    if (step.when === "on_success" && (failed || cancelled)) return "";
    if (step.when === "on_failure" && cancelled) return "";
    // Whoever names a step for failures has one.
    if (step.when === "on_failure" && !failed && !named) return "";
    return undefined;
  }

  get #cancelled(): boolean {
    return this.#run.options.signal?.aborted === true || this.#run.outcomes.some((s) => s.status === "cancelled");
  }

  async #attempts(step: OwnStep, started: number): Promise<StepOutcome> {
    const { workspace, lab, options, recorder, emit } = this.#run;
    const tell = (outcome: StepOutcome, detail: string): StepOutcome => {
      emit({ type: "step-finish", lab: lab.name, step: step.name, outcome, detail });
      return outcome;
    };
    const seconds = () => (performance.now() - started) / 1000;
    // A cancelled run cleans up, for a while.
    const cleanup = this.#cancelled;
    const signal = cleanup ? AbortSignal.timeout(cleanupMilliseconds) : options.signal;
    for (let attempt = 1; ; attempt++) {
      const record = recorder.step(step.name, { attempt });
      emit({ type: "step-start", lab: lab.name, step: step.name });
      try {
        const state = await stepState(workspace, lab, step);
        for (const pattern of state?.without ?? [])
          emit({ type: "message", lab: lab.name, level: "warn", text: noInput(step, pattern) });
        if (state?.unchanged !== undefined && options.changed !== false && options.fullRefresh !== true) {
          record.finish("skipped", { data: { unchanged: true, reason: state.unchanged } });
          return tell({ name: step.name, status: "skipped", seconds: seconds() }, state.unchanged);
        }
        state?.forget();
        const { rows } = await attemptStep(
          { workspace, lab, step, runId: recorder.id, attempt, runStatus: this.#runStatus },
          {
            database: this.#run.database,
            env: process.env,
            ...(signal && { signal }),
            onLine: (text, stream) => emit({ type: "step-output", lab: lab.name, step: step.name, stream, text }),
          },
        );
        state?.keep();
        record.finish("ok", rows === undefined ? {} : { rows });
        const detail = rows === undefined ? "" : plural(rows, "row");
        return tell({ name: step.name, status: "ok", seconds: seconds() }, detail);
      } catch (error) {
        if (!cleanup && signal?.aborted) {
          record.finish("cancelled");
          return tell({ name: step.name, status: "cancelled", seconds: seconds() }, "");
        }
        const json = errorToJson(error);
        record.finish("failed", { error: json, ...(step.required ? {} : { data: { optional: true } }) });
        const wait = cleanup ? undefined : retryAfter(error, step, attempt);
        if (wait === undefined) {
          const outcome: StepOutcome = { name: step.name, status: "failed", seconds: seconds(), error: json };
          if (!step.required) outcome.optional = true;
          return tell(outcome, "");
        }
        emit({ type: "message", lab: lab.name, level: "warn", text: again(step, json.message, attempt, wait) });
        await sleep(wait, undefined, signal && { signal }).catch(() => {});
      }
    }
  }

  get #runStatus(): "ok" | "failed" | "cancelled" {
    if (this.#cancelled) return "cancelled";
    return this.#run.outcomes.some(({ status, optional }) => status === "failed" && !optional) ? "failed" : "ok";
  }
}

const noInput = (step: OwnStep, pattern: string): string =>
  `The step ${step.name} has no input ${pattern}, so it runs every time.`;

const again = (step: OwnStep, message: string, attempt: number, wait: number): string =>
  `${message.split("\n", 1)[0]?.replace(/ Its last lines?:$/, "")} Attempt ${attempt + 1} of ${step.retries + 1} in ${wait / 1000} s.`;
