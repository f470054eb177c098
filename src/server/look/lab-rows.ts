import { isLabsError } from "#errors/index.ts";
import type { JobInfo, LabState, Ledger, RunInfo } from "#ledger/index.ts";
import { Schedule } from "#orchestrate/index.ts";
import { publishedVersions } from "#publish/index.ts";
import type { Lab } from "#registry/index.ts";
import type { LabRow } from "../types.ts";
import type { Workspaces } from "./workspaces.ts";

/** Scores that a trend shows. */
const trendLength = 20;
/** A row tells times that pass by themselves, such as the next run. */
const freshMs = 5_000;

/** One row a lab, as the page of all labs shows it. Worked out again only when the ledger or a file has changed. */
export class LabRows {
  readonly #ledger: Ledger;
  readonly #workspaces: Workspaces;
  #rows: LabRow[] = [];
  #version = "";
  #madeAt = 0;
  #making: Promise<LabRow[]> | undefined;
  #json: { rows: LabRow[]; texts: string[]; text: string } | undefined;

  constructor(ledger: Ledger, workspaces: Workspaces) {
    this.#ledger = ledger;
    this.#workspaces = workspaces;
  }

  /** In the order of the registry. Errors: those of the registry file and the ledger. */
  async all(): Promise<LabRow[]> {
    const version = await this.#ledger.version();
    if (version === this.#version && performance.now() - this.#madeAt < freshMs) return this.#rows;
    // Many who ask at once get one answer.
    this.#making ??= this.#make(version).finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  /** All of them as JSON, or those that somebody may see; the text is made once for however many ask. */
  async json(sees?: (lab: string) => boolean): Promise<string> {
    const rows = await this.all();
    if (this.#json?.rows !== rows) {
      const texts = rows.map((row) => JSON.stringify(row));
      this.#json = { rows, texts, text: `[${texts.join(",")}]` };
    }
    const { text, texts } = this.#json;
    return sees === undefined ? text : `[${texts.filter((_, i) => sees(rows[i]?.name ?? "")).join(",")}]`;
  }

  async one(lab: string): Promise<LabRow | undefined> {
    return (await this.all()).find(({ name }) => name === lab);
  }

  async #make(version: string): Promise<LabRow[]> {
    const { labs } = this.#workspaces.now();
    const [last, states, jobs] = await Promise.all([
      this.#ledger.lastRuns(),
      this.#ledger.jobs.labStates(),
      this.#ledger.jobs.jobs({ states: ["queued", "running"], limit: 1000 }),
    ]);
    const rows: LabRow[] = [];
    for (const lab of labs) {
      const scores = await this.#ledger.scoresHistory({ lab: lab.name, scope: "lab", limit: trendLength });
      const own = jobs.filter((job) => job.lab === lab.name);
      const run = last.get(lab.name);
      const loaded = await this.#lastLoad(lab.name, run);
      const trend = scores.map((each) => each.score).reverse();
      rows.push(labRow(lab, { run, state: states.get(lab.name), jobs: own, trend, loaded }));
    }
    this.#rows = rows;
    this.#version = version;
    this.#madeAt = performance.now();
    return rows;
  }

  /** The newest run that took files in: the others say nothing about what is in quarantine. */
  async #lastLoad(lab: string, last: RunInfo | undefined): Promise<RunInfo | undefined> {
    if (!last || (last.summary?.files ?? 0) > 0) return last;
    const runs = await this.#ledger.runs({ lab, limit: 20 });
    return runs.find(({ summary }) => (summary?.files ?? 0) > 0);
  }
}

interface Known {
  run: RunInfo | undefined;
  state: LabState | undefined;
  jobs: JobInfo[];
  trend: number[];
  loaded: RunInfo | undefined;
}

function labRow(lab: Lab, { run, state, jobs, trend, loaded }: Known): LabRow {
  const [schedule, problem] = scheduleOf(lab);
  const running = jobs.find((job) => job.state === "running");
  const job = running ?? jobs.toSorted((a, b) => (a.notBefore < b.notBefore ? -1 : 1))[0];
  const current = publishedVersions(lab.paths.database).find((version) => version.current);
  const paused = state?.paused ?? (schedule?.paused ? { at: null, by: null, why: "paused in lab.yml" } : null);
  const next = paused === null && lab.status === "active" ? schedule?.next(new Date()) : undefined;
  const failing = (run?.summary?.tests?.failed ?? 0) + 0;
  const waits = job?.state === "queued" && Date.parse(job.notBefore) <= Date.now() + 1000;
  const doing = running || run?.status === "running" ? "running" : waits ? "queued" : (run?.status ?? "never");
  return {
    name: lab.name,
    status: lab.status,
    state: doing,
    trouble: problem ?? troubleOf(run, failing),
    owner: lab.maintainer ?? null,
    description: lab.description ?? null,
    tags: [...lab.tags],
    lastRun: run
      ? {
          id: run.id,
          status: run.status,
          trigger: run.trigger,
          startedAt: run.startedAt,
          finishedAt: run.finishedAt,
          seconds: run.seconds,
          message: run.summary?.message ?? null,
        }
      : null,
    job: job ? { id: job.id, state: job.state, run: job.run, dueAt: job.notBefore } : null,
    nextRun: next?.toISOString() ?? null,
    schedule: schedule?.describe() || null,
    paused,
    score: trend.at(-1) ?? null,
    trend,
    failingTests: failing,
    quarantined: loaded?.summary?.rowsQuarantined ?? null,
    rows: current ? current.tables.reduce((sum, table) => sum + table.rows, 0) : null,
    publishedAt: current?.publishedAt ?? null,
  };
}

/** A lab's files are read anew as another {@link Lab}. */
const schedules = new WeakMap<Lab, [Schedule | undefined, string | null]>();

function scheduleOf(lab: Lab): [Schedule | undefined, string | null] {
  let known = schedules.get(lab);
  if (!known) schedules.set(lab, (known = readSchedule(lab)));
  return known;
}

function readSchedule(lab: Lab): [Schedule | undefined, string | null] {
  try {
    return [new Schedule(lab), null];
  } catch (error) {
    if (!isLabsError(error)) throw error;
    return [undefined, `${error.code}: ${error.message}`];
  }
}

function troubleOf(run: RunInfo | undefined, failing: number): string | null {
  if (run?.status === "failed") return run.summary?.message ?? "The last run failed.";
  if (run?.status === "crashed") return "The process of the last run is gone without a word.";
  if (failing > 0) return `${failing} ${failing === 1 ? "test fails" : "tests fail"}.`;
  return null;
}
