import { errorToJson, isLabsError, plural, thousands, type ErrorJson, type LabsError } from "#errors/index.ts";
import { type Database, DatabaseJournal, interruptOnAbort } from "#duck/index.ts";
import {
  detectChanges,
  filesInWords,
  loadChanges,
  loadTotals,
  openForLoading,
  planInWords,
  sourceFacts,
  type IngestPlan,
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
import { readProjectMeanwhile, WriteBack } from "./alongside.ts";
import { holdingLab, recording } from "./held-lab.ts";
import { deliveryFreshness, expectedInterval, withDrift } from "./deliveries.ts";
import { isTest } from "./expectations.ts";
import { blockingFindings, blockingWarnings, failedTests, partialRun } from "./gate-reasons.ts";
import { exportLab, exportsInWords } from "./export-lab.ts";
import { noteLoads } from "./note-loads.ts";
import type { OwnSteps } from "./own-steps.ts";
import { PendingPublication, publishLab } from "./publish-lab.ts";
import { areKept } from "./reads.ts";
import { record } from "./record.ts";
import { runVersions } from "./run-versions.ts";
import { type EngineSettings, engineSettings, placed, transform, type TransformResult } from "./transform.ts";
import type { LabEvent, LabRunResult, NodeOutcome, RunLabOptions, StepName, StepOutcome } from "./types.ts";

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
  #recorder: RunRecorder | undefined;
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
  }

  async run(): Promise<LabRunResult> {
    const { trigger = "cli", command = "labs run", user, job } = this.#options;
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
    await recorder.finish(result.status, {
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
    });
    return result;
  }

  async #stages(): Promise<LabRunResult> {
    const lab = this.#lab;
    const { signal, fullRefresh = false, verify = false } = this.#options;
    let journal = DatabaseJournal.open(lab.paths.database);
    let database: Database | undefined;
    const later: Promise<void>[] = [];
    let pending: PendingPublication | undefined;
    let writtenBack: WriteBack | undefined;
    const writeBackOf = (written: Database) => (writtenBack ??= new WriteBack(written));
    const close = async () => {
      // One that was not decided about belongs to a run that was stopped.
      pending?.decide({ publish: false, score: null }).catch(() => {});
      await Promise.all([...later.splice(0), writtenBack?.end()]);
      writtenBack = undefined;
      await database?.close();
      database = undefined;
    };
    let plan: IngestPlan | undefined;
    let loaded: Awaited<ReturnType<typeof loadChanges>> | undefined;
    let built: TransformResult | undefined;
    let quality: LabQuality | undefined;
    let settings: EngineSettings | undefined;
    let published: LabRunResult["published"] = null;
    const open = async () => (database ??= await openForLoading(lab, this.#options.share));
    const detect = async () =>
      detectChanges({ lab, database: await open(), verify, fullRefresh, ...(signal ? { signal } : {}) });
    this.#own = await this.#ownSteps({
      open,
      whileClosed: async (body) => {
        await close();
        // What was found may not be so any more.
        plan = undefined;
        journal.seal();
        try {
          return await body();
        } finally {
          journal = DatabaseJournal.open(lab.paths.database);
        }
      },
      wroteAnything: () => journal.disrupt(),
    });
    try {
      await this.#step("check", async () => {
        // A project or profile that is refused must be so before a row is loaded.
        if (this.#wanted("transform")) settings = engineSettings(this.#workspace, lab, "build", this.#options);
        // Nothing can be asked before the database is open.
        const opening = open();
        if (settings) settings = await readProjectMeanwhile(lab, settings, opening);
        await opening;
        plan = await detect();
        const { changes, unchanged, unclaimed } = plan;
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
      });
      await this.#step("load", async () => {
        const [what, into] = [plan ?? (await detect()), await open()];
        loaded = await noteLoads(journal, what, () =>
          loadChanges(what, {
            database: into,
            loadId: this.#recorder?.id ?? lab.name,
            ...(signal ? { signal } : {}),
            onEvent: (event) => this.#emit({ type: "ingest", lab: lab.name, event }),
          }),
        );
        await freezeContracts(lab, into, what, loaded, (event) => this.#emit(event));
        if (loaded.failed > 0) throw new StepFailure(`${filesInWords(loaded.files, "failed")} could not be loaded`);
        const rejected = loaded.rowsQuarantined > 0 ? `, ${thousands(loaded.rowsQuarantined)} quarantined` : "";
        const files = filesInWords(loaded.files, "loaded");
        return files === "" ? "nothing new" : `${plural(loaded.rowsLoaded, "row")} from ${files}${rejected}`;
      });
      await this.#step("transform", async () => {
        if (!settings || !areKept(this.#workspace, settings.reads))
          settings = engineSettings(this.#workspace, lab, "build", this.#options);
        this.#reads = Object.fromEntries(settings.reads.map(({ lab: other, version }) => [other, version]));
        if (settings.reads.length > 0)
          this.#emit({
            type: "reads",
            lab: lab.name,
            reads: settings.reads.map(({ lab: other, alias, version }) => ({ lab: other, alias, version })),
          });
        const into = await open();
        const writing = writeBackOf(into);
        built = await transform(
          lab,
          settings,
          { database: into, journal, later: (work) => later.push(work) },
          this.#options,
          (event) => {
            this.#emit(event);
            writing.observe(event);
          },
        );
        const { models, tests } = counts(built.nodes);
        if (!built.success)
          throw new StepFailure(
            [
              models.failed > 0 ? `${plural(models.failed, "model")} failed` : "",
              tests.failed > 0 ? `${plural(tests.failed, "test")} failed` : "",
            ]
              .filter(Boolean)
              .join(", ") || "the build failed",
          );
        return `${builtText(models)}, ${plural(tests.passed, "test")} passed${tests.warned > 0 ? `, ${tests.warned} warned` : ""}`;
      });
      await this.#step("inspect", async () => {
        const from = await open();
        writeBackOf(from).begin();
        const runId = this.#recorder?.id ?? null;
        // Steps of the lab's own may stand between here and the publication.
        if (this.#wanted("publish") && lab.config.publish.enabled && !this.#own && this.#problems(built).length === 0) {
          pending = new PendingPublication({ lab, database: from, journal, runId }, signal);
          later.push(pending.settled);
        }
        quality = await this.#inspect(from, built);
        const partial = this.#whyPartial(built);
        if (partial !== undefined) {
          quality = { ...quality, score: null, warnings: [...quality.warnings, `No score for the lab: ${partial}.`] };
          return `no score: ${partial}`;
        }
        for (const row of scoreRows(lab.name, quality)) this.#recorder?.score(row);
        for (const { name, data } of profileRows(quality)) this.#recorder?.profile(name, data);
        return quality.score === null ? "nothing to score" : `score ${quality.score}`;
      });
      await this.#step("publish", async () => {
        const into = await open();
        const done = interruptOnAbort(into, signal);
        try {
          const problems = this.#problems(built);
          const blocking = [...blockingWarnings(lab, built?.nodes ?? []), ...blockingFindings(quality?.findings ?? [])];
          const runId = this.#recorder?.id ?? null;
          const outcome = await publishLab({
            lab,
            database: into,
            journal,
            runId,
            problems,
            blocking,
            quality,
            pending,
          });
          published = outcome.published;
          this.#held = outcome.held;
          for (const { why, fix } of outcome.held)
            if (outcome.refused)
              this.#emit({ type: "message", lab: lab.name, level: "warn", text: `not published: ${why}\nfix: ${fix}` });
          if (outcome.refused) throw new StepFailure((this.#refusal = outcome.detail));
          if (!outcome.published) return outcome.detail;
          return `${outcome.detail}${exportsInWords(await exportLab(lab, signal))}`;
        } finally {
          done();
        }
      });
      await this.#own?.rest();
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      await this.#own?.rest();
    } finally {
      await close();
    }
    journal.seal();
    return this.#report(loaded, built, quality, published);
  }

  async #inspect(database: Database, built: TransformResult | undefined): Promise<LabQuality> {
    const lab = this.#lab;
    const { signal } = this.#options;
    const connection = await database.connect();
    const done = interruptOnAbort(connection, signal);
    try {
      const now = new Date();
      const sources = await sourceFacts(connection, lab.config.sources);
      const due = expectedInterval(lab, now);
      const quality = await inspectAndScore({
        connection,
        now,
        tests: built?.tests ?? [],
        loads: withDrift(await loadTotals(connection), sources),
        freshness: [...(built?.freshness ?? []), ...deliveryFreshness(sources, due, now.getTime())],
        config: fromLabSettings(lab.config.quality),
        figures: true,
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
  #whyPartial(built: TransformResult | undefined): string | undefined {
    const { select = [], exclude = [] } = this.#options;
    if (!built) return "nothing was built and tested";
    if (select.length + exclude.length > 0) return "only a part of the project was built";
    const { failed } = counts(built.nodes).models;
    return failed > 0 ? `${plural(failed, "model")} failed` : undefined;
  }

  /** Why readers should not get what this run left. */
  #problems(built: TransformResult | undefined): GateReason[] {
    const partial = this.#whyPartial(built);
    return [
      ...this.#steps.flatMap(({ name, status, optional }) =>
        status === "failed" && !optional && name !== "transform"
          ? [{ why: `the step ${name} failed`, fix: "Correct what it says, and run again." }]
          : [],
      ),
      ...(partial === undefined ? [] : [partialRun(this.#lab, partial, built?.nodes ?? [])]),
      ...failedTests(this.#lab, built?.nodes ?? []),
    ];
  }

  /** Undefined for a lab without steps of its own, and for one whose lab.yml is refused: the first stage tells that. */
  async #ownSteps(database: Omit<StepDatabase, "guard">): Promise<OwnSteps | undefined> {
    const [workspace, lab, recorder] = [this.#workspace, this.#lab, this.#recorder];
    try {
      if (!recorder || !lab.config.steps.some(({ own }) => own)) return undefined;
    } catch {
      this.#refused = true;
      return undefined;
    }
    const guard = guardFor(workspace, lab);
    const { OwnSteps: Steps } = await import("./own-steps.ts");
    return new Steps({
      workspace,
      lab,
      options: this.#options,
      recorder,
      database: { ...database, guard: (path) => guard(path, { write: true }) },
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
      if (!own && !isLabsError(error) && !(error instanceof Error)) throw error;
    }
    this.#steps.push(outcome);
    recorder?.finish(outcome.status, outcome.error ? { error: outcome.error } : {});
    this.#emit({ type: "step-finish", lab, step: name, outcome, detail });
    if (fatal || outcome.status === "cancelled") throw new Stopped();
  }

  #report(
    loaded: Awaited<ReturnType<typeof loadChanges>> | undefined,
    built: TransformResult | undefined,
    quality: LabQuality | undefined,
    published: LabRunResult["published"],
  ): LabRunResult {
    const failed = this.#steps.find((s) => s.status === "failed" && !s.optional);
    const status = this.#steps.some((s) => s.status === "cancelled") ? "cancelled" : failed ? "failed" : "ok";
    const nodes = built?.nodes ?? [];
    const totals = counts(nodes);
    this.#partial = this.#whyPartial(built);
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
      published,
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

/** `7 models built`, `3 models built, 4 unchanged`, `7 models unchanged`. */
function builtText({ ok, unchanged }: LabRunResult["models"]): string {
  if (unchanged === 0) return `${plural(ok, "model")} built`;
  return ok === unchanged
    ? `${plural(ok, "model")} unchanged`
    : `${plural(ok - unchanged, "model")} built, ${thousands(unchanged)} unchanged`;
}

const goodStatus = new Set(["success", "no-op", "reused", "pass"]);

function counts(nodes: NodeOutcome[]): Pick<LabRunResult, "models" | "tests"> {
  const models = { ok: 0, failed: 0, skipped: 0, unchanged: 0 };
  const tests = { passed: 0, warned: 0, failed: 0, unchanged: 0 };
  for (const { resourceType, status, unchanged } of nodes) {
    if (unchanged) (isTest(resourceType) ? tests : models).unchanged++;
    if (isTest(resourceType)) {
      if (status === "pass") tests.passed++;
      else if (status === "warn") tests.warned++;
      else if (status !== "skipped") tests.failed++;
    } else if (status === "skipped") models.skipped++;
    else if (goodStatus.has(status)) models.ok++;
    else models.failed++;
  }
  return { models, tests };
}

/** The root cause in one sentence: the first model that broke, not those behind it. */
function messageOf(
  status: LabRunResult["status"],
  error: ErrorJson | undefined,
  /** `2 files`; empty when all were loaded. */
  failedFiles: string,
  nodes: NodeOutcome[],
  { models, tests }: Pick<LabRunResult, "models" | "tests">,
  refusal: string | undefined,
): string {
  if (status === "cancelled") return "Cancelled; finished models are kept.";
  if (error) return error.message;
  if (refusal !== undefined) return `Not published: ${refusal}.`;
  const parts: string[] = [];
  if (failedFiles !== "") parts.push(`${failedFiles} could not be loaded`);
  const behind =
    models.skipped > 0
      ? ` and ${plural(models.skipped, "model")} behind it ${models.skipped === 1 ? "was" : "were"} skipped`
      : "";
  const broken = nodes.find((n) => (n.status === "error" || n.status === "partial success") && !isTest(n.resourceType));
  if (broken) parts.push(`${broken.resourceType} ${broken.name} failed${behind}`);
  const test = nodes.find((n) => n.status === "fail" || (n.status === "error" && isTest(n.resourceType)));
  if (test)
    parts.push(
      `${tests.failed === 1 ? `${test.resourceType === "expectation" ? "expectation" : "test"} ${test.name} failed` : `${tests.failed} tests failed, first ${test.name}`}${broken ? "" : behind}`,
    );
  if (parts.length > 0) return `${parts.join("; ")}.`;
  if (nodes.length === 0) return "Nothing to build.";
  return `${builtText(models)}, ${plural(tests.passed, "test")} passed${tests.warned > 0 ? `, ${tests.warned} warned` : ""}.`;
}
