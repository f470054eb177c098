import { errorToJson, plural, thousands, type ErrorJson, type LabsError } from "#errors/index.ts";
import { type Database, interruptOnAbort } from "#duck/index.ts";
import {
  detectChanges,
  filesInWords,
  loadChanges,
  loadTotals,
  planInWords,
  sourceFacts,
  type IngestPlan,
  type IngestResult,
} from "#ingest/index.ts";
import type { Ledger, RunRecorder } from "#ledger/index.ts";
import type { GateReason } from "#publish/index.ts";
import {
  fromLabSettings,
  inspectAndScore,
  profileRows,
  scoreRows,
  tableHistory,
  type LabQuality,
} from "#quality/index.ts";
import { guardFor, requireOwnDatabase, type Lab, type Workspace } from "#registry/index.ts";
import type { StepDatabase } from "#steps/index.ts";
import { freezeContracts } from "./freeze-contracts.ts";
import { readProjectMeanwhile } from "./alongside.ts";
import { holdingLab, recording } from "./held-lab.ts";
import { deliveryFreshness, expectedInterval, withDrift } from "./deliveries.ts";
import { blockingFindings, blockingWarnings, failedTests, partialRun } from "./gate-reasons.ts";
import { exportLab, exportsInWords } from "./export-lab.ts";
import { KeptCounts } from "./kept-counts.ts";
import { LabDatabase } from "./lab-database.ts";
import { noteLoads } from "./note-loads.ts";
import type { OwnSteps } from "./own-steps.ts";
import { PendingPublication, publishLab } from "./publish-lab.ts";
import { areKept } from "./reads.ts";
import { record } from "./record.ts";
import { buildText, counts, failuresText, messageOf } from "./run-words.ts";
import { runVersions } from "./run-versions.ts";
import { type EngineSettings, engineSettings, placed, transform, type TransformResult } from "./transform.ts";
import type { LabEvent, LabRunResult, RunLabOptions, StepName, StepOutcome } from "./types.ts";

/**
 * One lab's run: check → load → transform → inspect → publish, in this order, then the report, on one screen.
 * Holds the lab's lock and its database, opened once. Never throws for what data or project did wrong: that is in the result.
 * Errors: REG-014/015 when the lab is held or waiting was cancelled, and those of a wrong configuration.
 */
export async function runLab(workspace: Workspace, lab: Lab, options: RunLabOptions = {}): Promise<LabRunResult> {
  lab.requireRunnable();
  requireOwnDatabase(workspace, lab);
  const onEvent = options.onEvent ?? (() => {});
  return holdingLab(lab, options, () =>
    recording(workspace, (ledger) => new LabRun(workspace, lab, options, ledger, onEvent).run()),
  );
}

class LabRun {
  readonly #workspace: Workspace;
  readonly #lab: Lab;
  readonly #options: RunLabOptions;
  readonly #ledger: Ledger;
  readonly #onEvent: (event: LabEvent) => void;
  readonly #steps: StepOutcome[] = [];
  readonly #started = performance.now();
  readonly #data: LabDatabase;
  #recorder: RunRecorder | undefined;
  #settings: EngineSettings | undefined;
  #plan: IngestPlan | undefined;
  #loaded: IngestResult | undefined;
  #built: TransformResult | undefined;
  #quality: LabQuality | undefined;
  #counts: KeptCounts | undefined;
  #pending: PendingPublication | undefined;
  #published: LabRunResult["published"] = null;
  /** Why this run says too little about the lab as a whole. */
  #partial: string | undefined;
  #own: OwnSteps | undefined;
  /** Versions of other labs that it read. */
  #reads: Record<string, string> = {};
  /** Its lab.yml cannot be used: the first stage tells why, wanted or not. */
  #refused = false;
  #held: GateReason[] = [];
  /** Why the gate alone kept the results from readers. */
  #refusal: string | undefined;

  constructor(
    workspace: Workspace,
    lab: Lab,
    options: RunLabOptions,
    ledger: Ledger,
    onEvent: (event: LabEvent) => void,
  ) {
    this.#workspace = workspace;
    this.#lab = lab;
    this.#options = options;
    this.#ledger = ledger;
    this.#onEvent = onEvent;
    this.#data = new LabDatabase(lab, options.share);
  }

  async run(): Promise<LabRunResult> {
    const { trigger = "cli", command = "labs run", user, job, endAttempt } = this.#options;
    const recorder = await this.#ledger.startRun({
      lab: this.#lab.name,
      trigger,
      command,
      ...(user !== undefined && { user }),
      ...(job && { job }),
      ...runVersions(this.#workspace, this.#lab),
    });
    this.#recorder = recorder;
    this.#emit({ type: "run-start", lab: this.#lab.name, runId: recorder.id });
    if (this.#ledger.problem)
      this.#emit({
        type: "message",
        lab: this.#lab.name,
        level: "warn",
        text: notRecorded(this.#ledger.problem),
      });
    const result = await this.#stages();
    this.#emit({ type: "run-finish", lab: this.#lab.name, result });
    const summary = {
      rowsLoaded: result.rowsLoaded,
      rowsQuarantined: result.rowsQuarantined,
      files: result.files.length,
      models: result.models,
      tests: result.tests,
      score: result.quality?.score ?? null,
      message: result.message,
      ...(result.held.length > 0 ? { held: result.held } : {}),
      ...(this.#partial === undefined ? {} : { partial: this.#partial }),
      ...(Object.keys(this.#reads).length > 0 ? { reads: this.#reads } : {}),
      ...(result.error ? { error: result.error } : {}),
    };
    await recorder.finish(result.status, summary, endAttempt?.(result));
    return result;
  }

  async #stages(): Promise<LabRunResult> {
    this.#own = await this.#ownSteps();
    try {
      await this.#step("check", () => this.#check());
      await this.#step("load", () => this.#load());
      await this.#step("transform", () => this.#transform());
      await this.#step("inspect", () => this.#inspect());
      await this.#step("publish", () => this.#publish());
      await this.#own?.rest();
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      await this.#own?.rest();
    } finally {
      // One that was not decided about belongs to a run that was stopped.
      this.#pending?.decide({ publish: false, score: null }).catch(() => {});
      await this.#data.close();
    }
    if (this.#data.journal.seal()) this.#counts?.keep();
    return this.#report();
  }

  async #check(): Promise<string> {
    const lab = this.#lab;
    // A project or profile that is refused must be so before a row is loaded.
    if (this.#wanted("transform")) this.#settings = this.#buildSettings();
    // Nothing can be asked before the database is open.
    const opening = this.#data.open();
    if (this.#settings) this.#settings = await readProjectMeanwhile(lab, this.#settings, opening);
    await opening;
    this.#plan = await this.#detect();
    const { changes, unchanged, unclaimed } = this.#plan;
    this.#emit({
      type: "checked",
      lab: lab.name,
      changes: changes.map(({ name, source, table, action, reason, explain }) => ({
        name,
        source,
        table,
        action,
        reason,
        explain,
      })),
      unchanged,
      unclaimed,
    });
    return planInWords(changes, unchanged) ?? `no files in ${this.#workspace.display(lab.paths.raw)}`;
  }

  async #load(): Promise<string> {
    const [lab, { signal }] = [this.#lab, this.#options];
    const [plan, database] = [this.#plan ?? (await this.#detect()), await this.#data.open()];
    const loaded = await noteLoads(this.#data.journal, plan, () =>
      loadChanges(plan, {
        database,
        loadId: this.#recorder?.id ?? lab.name,
        ...(signal ? { signal } : {}),
        onEvent: (event) => this.#emit({ type: "ingest", lab: lab.name, event }),
      }),
    );
    this.#loaded = loaded;
    await freezeContracts(lab, database, plan, loaded, (event) => this.#emit(event));
    if (loaded.failed > 0) throw new StepFailure(`${filesInWords(loaded.files, "failed")} could not be loaded`);
    const rejected = loaded.rowsQuarantined > 0 ? `, ${thousands(loaded.rowsQuarantined)} quarantined` : "";
    const files = filesInWords(loaded.files, "loaded");
    return files === "" ? "nothing new" : `${plural(loaded.rowsLoaded, "row")} from ${files}${rejected}`;
  }

  async #transform(): Promise<string> {
    const lab = this.#lab;
    const planned = this.#settings;
    const settings = planned && areKept(this.#workspace, planned.reads) ? planned : this.#buildSettings();
    const reads = settings.reads.map(({ lab: other, alias, version }) => ({ lab: other, alias, version }));
    this.#reads = Object.fromEntries(reads.map(({ lab: other, version }) => [other, version]));
    if (reads.length > 0) this.#emit({ type: "reads", lab: lab.name, reads });
    const [database, writing] = [await this.#data.open(), await this.#data.writeBack()];
    const { journal } = this.#data;
    const built = await transform(
      lab,
      settings,
      { database, journal, later: (work) => this.#data.later(work) },
      this.#options,
      (event) => {
        this.#emit(event);
        writing.observe(event);
      },
    );
    this.#built = built;
    const totals = counts(built.nodes);
    if (!built.success) throw new StepFailure(failuresText(totals));
    return buildText(totals);
  }

  async #inspect(): Promise<string> {
    const lab = this.#lab;
    const database = await this.#data.open();
    (await this.#data.writeBack()).begin();
    // Steps of the lab's own may stand between here and the publication.
    if (this.#wanted("publish") && lab.config.publish.enabled && !this.#own && this.#problems().length === 0) {
      this.#pending = new PendingPublication(this.#publication(database), this.#options.signal);
      this.#data.later(this.#pending.settled);
    }
    const quality = (this.#quality = await this.#score(database));
    const partial = this.#whyPartial();
    if (partial !== undefined) {
      const warnings = [...quality.warnings, `No score for the lab: ${partial}.`];
      this.#quality = { ...quality, score: null, warnings };
      return `no score: ${partial}`;
    }
    for (const row of scoreRows(lab.name, quality)) this.#recorder?.score(row);
    for (const { name, data } of profileRows(quality)) this.#recorder?.profile(name, data);
    return quality.score === null ? "nothing to score" : `score ${quality.score}`;
  }

  async #publish(): Promise<string> {
    const [lab, { signal }] = [this.#lab, this.#options];
    const database = await this.#data.open();
    const done = interruptOnAbort(database, signal);
    try {
      const nodes = this.#built?.nodes ?? [];
      const outcome = await publishLab({
        ...this.#publication(database),
        problems: this.#problems(),
        blocking: [...blockingWarnings(lab, nodes), ...blockingFindings(this.#quality?.findings ?? [])],
        quality: this.#quality,
        pending: this.#pending,
      });
      this.#published = outcome.published;
      this.#held = outcome.held;
      if (outcome.refused) {
        for (const { why, fix } of outcome.held)
          this.#emit({ type: "message", lab: lab.name, level: "warn", text: `not published: ${why}\nfix: ${fix}` });
        throw new StepFailure((this.#refusal = outcome.detail));
      }
      if (!outcome.published) return outcome.detail;
      return `${outcome.detail}${exportsInWords(await exportLab(lab, signal))}`;
    } finally {
      done();
    }
  }

  #buildSettings(): EngineSettings {
    return engineSettings(this.#workspace, this.#lab, "build", this.#options);
  }

  async #detect(): Promise<IngestPlan> {
    const { signal, fullRefresh = false, verify = false } = this.#options;
    const database = await this.#data.open();
    return detectChanges({ lab: this.#lab, database, verify, fullRefresh, ...(signal ? { signal } : {}) });
  }

  #publication(database: Database) {
    return { lab: this.#lab, database, journal: this.#data.journal, runId: this.#recorder?.id ?? null };
  }

  /** Looks at all tables; says what is unusual. */
  async #score(database: Database): Promise<LabQuality> {
    const [lab, built, { signal }] = [this.#lab, this.#built, this.#options];
    const connection = await database.connect();
    const done = interruptOnAbort(connection, signal);
    try {
      const now = new Date();
      const sources = await sourceFacts(connection, lab.config.sources);
      const due = expectedInterval(lab, now);
      const { journal } = this.#data;
      const loaded = sources.map(({ table }) => table);
      this.#counts = new KeptCounts(this.#workspace, lab, journal, loaded);
      const quality = await inspectAndScore({
        connection,
        now,
        tests: built?.tests ?? [],
        loads: withDrift(await loadTotals(connection), sources),
        freshness: [...(built?.freshness ?? []), ...deliveryFreshness(sources, due, now.getTime())],
        config: fromLabSettings(lab.config.quality),
        figures: true,
        known: this.#counts,
        history: tableHistory(await this.#ledger.tablesSeen(lab.name)),
      });
      for (const { table, text } of quality.findings)
        this.#emit({ type: "message", lab: lab.name, level: "warn", text: `${table}: ${text}` });
      return quality;
    } finally {
      done();
      await connection.close();
    }
  }

  /** Why what was built says too little to score the lab by it and to compare it with other runs. */
  #whyPartial(): string | undefined {
    const [built, { select = [], exclude = [] }] = [this.#built, this.#options];
    if (!built) return "nothing was built and tested";
    if (select.length + exclude.length > 0) return "only a part of the project was built";
    const { failed } = counts(built.nodes).models;
    return failed > 0 ? `${plural(failed, "model")} failed` : undefined;
  }

  /** Why readers should not get what this run left. */
  #problems(): GateReason[] {
    const nodes = this.#built?.nodes ?? [];
    const partial = this.#whyPartial();
    return [
      ...this.#steps.flatMap(({ name, status, optional }) =>
        status === "failed" && !optional && name !== "transform"
          ? [{ why: `the step ${name} failed`, fix: "Correct what it says, and run again." }]
          : [],
      ),
      ...(partial === undefined ? [] : [partialRun(this.#lab, partial, nodes)]),
      ...failedTests(this.#lab, nodes),
    ];
  }

  /** Undefined for a lab without steps of its own, and for one whose lab.yml is refused: the first stage tells that. */
  async #ownSteps(): Promise<OwnSteps | undefined> {
    const [workspace, lab, recorder] = [this.#workspace, this.#lab, this.#recorder];
    try {
      if (!recorder || !lab.config.steps.some(({ own }) => own)) return undefined;
    } catch {
      this.#refused = true;
      return undefined;
    }
    const guard = guardFor(workspace, lab);
    const database: StepDatabase = {
      open: () => this.#data.open(),
      whileClosed: (body) => {
        // What was found may not be so any more.
        this.#plan = undefined;
        return this.#data.whileClosed(body);
      },
      wroteAnything: () => this.#data.journal.disrupt(),
      guard: (path) => guard(path, { write: true }),
    };
    const { OwnSteps: Steps } = await import("./own-steps.ts");
    return new Steps({
      workspace,
      lab,
      options: this.#options,
      recorder,
      database,
      outcomes: this.#steps,
      emit: (event) => this.#emit(event),
    });
  }

  #json(error: unknown): ErrorJson {
    const json = errorToJson(error);
    // The engine names files of the project as dbt does, relative to its folder.
    return json.code === "INTERNAL" || !json.place ? json : placed(json, this.#lab.paths.dbtProject);
  }

  #wanted(name: StepName): boolean {
    return this.#options.steps?.includes(name) ?? true;
  }

  /** Runs one step. A failed step is recorded and the next ones still run, except when nothing can follow it. */
  async #step(name: StepName, body: () => Promise<string>): Promise<void> {
    const lab = this.#lab.name;
    if (this.#own && !(await this.#own.until(name))) throw new Stopped();
    // Loading needs to know what is there.
    if (!this.#wanted(name) && !(name === "check" && (this.#wanted("load") || this.#refused))) {
      this.#steps.push({ name, status: "skipped", seconds: 0 });
      return;
    }
    await this.#options.beforeStep?.();
    const started = performance.now();
    const recorder = this.#recorder?.step(name);
    this.#emit({ type: "step-start", lab, step: name });
    let outcome: StepOutcome;
    let detail = "";
    let fatal = false;
    try {
      if (this.#options.signal?.aborted) throw cancelled();
      detail = await body();
      outcome = {
        name,
        status: this.#options.signal?.aborted ? "cancelled" : "ok",
        seconds: (performance.now() - started) / 1000,
      };
    } catch (error) {
      const seconds = (performance.now() - started) / 1000;
      const status = this.#options.signal?.aborted ? "cancelled" : "failed";
      const own = error instanceof StepFailure;
      detail = own ? error.message : "";
      outcome = { name, status, seconds, ...(own || status === "cancelled" ? {} : { error: this.#json(error) }) };
      // Without the files' state nothing can be loaded, and without a project nothing is built; a failed load, model or
      // test still leaves tables worth inspecting.
      fatal = status === "cancelled" || name === "check" || (name === "transform" && !own);
    }
    this.#steps.push(outcome);
    recorder?.finish(outcome.status, outcome.error ? { error: outcome.error } : {});
    this.#emit({ type: "step-finish", lab, step: name, outcome, detail });
    if (fatal || outcome.status === "cancelled") throw new Stopped();
  }

  #report(): LabRunResult {
    const failed = this.#steps.find((s) => s.status === "failed" && !s.optional);
    const status = this.#steps.some((s) => s.status === "cancelled") ? "cancelled" : failed ? "failed" : "ok";
    const [loaded, quality, nodes] = [this.#loaded, this.#quality, this.#built?.nodes ?? []];
    const totals = counts(nodes);
    this.#partial = this.#whyPartial();
    const error = failed?.error;
    return {
      lab: this.#lab.name,
      runId: this.#recorder?.id ?? null,
      status,
      seconds: (performance.now() - this.#started) / 1000,
      steps: this.#steps,
      files: loaded?.files ?? [],
      rowsLoaded: loaded?.rowsLoaded ?? 0,
      rowsQuarantined: loaded?.rowsQuarantined ?? 0,
      nodes,
      ...totals,
      quality: quality
        ? {
            score: quality.score,
            parts: quality.parts,
            notCounted: quality.notCounted,
            layers: quality.layers,
            findings: quality.findings,
            warnings: quality.warnings,
          }
        : null,
      published: this.#published,
      held: this.#held,
      message: messageOf(status, error, filesInWords(loaded?.files ?? [], "failed"), nodes, totals, this.#refusal),
      ...(error ? { error } : {}),
    };
  }

  #emit(event: LabEvent): void {
    if (this.#recorder) record(this.#recorder, event);
    this.#onEvent(event);
  }
}

const notRecorded = ({ code, message, hint }: LabsError): string =>
  [`This run is not recorded: ${code}: ${message}`, ...(hint ? [`fix: ${hint}`] : [])].join("\n");

/** A step that did its work and found the data or the project wrong: the details are in its own results. */
class StepFailure extends Error {}
/** Nothing can follow. */
class Stopped extends Error {}

const cancelled = () => new StepFailure("cancelled");
