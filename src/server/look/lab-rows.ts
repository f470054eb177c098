import { dirname, join } from "node:path";
import { isLabsError } from "#errors/index.ts";
import type { JobInfo, LabState, Ledger, RunInfo } from "#ledger/index.ts";
import { type Schedule, soundSchedule } from "#orchestrate/index.ts";
import { type KeptVersion, publishedVersions } from "#publish/index.ts";
import { type Lab, modifiedAt, type Workspace } from "#registry/index.ts";
import type { LabRow } from "../types.ts";
import type { Workspaces } from "./workspaces.ts";

/** Scores that a trend shows. */
const trendLength = 20;
/** A row tells times that pass by themselves, such as the next run. */
const freshMs = 5_000;

/** A row and its text: written once for however many ask and listen. */
export interface LabRowText {
  row: LabRow;
  text: string;
}

/** One row a lab, as the page of all labs shows it. Worked out again only when the ledger or a file has changed. */
export class LabRows {
  readonly #ledger: Ledger;
  readonly #workspaces: Workspaces;
  readonly #histories = new Map<string, History>();
  #rows: LabRowText[] = [];
  #version = "";
  #madeAt = Number.NEGATIVE_INFINITY;
  #making: Promise<LabRowText[]> | undefined;
  #body: Buffer | undefined;

  constructor(ledger: Ledger, workspaces: Workspaces) {
    this.#ledger = ledger;
    this.#workspaces = workspaces;
  }

  /** In the order of the registry. Errors: those of the registry file and the ledger. */
  async all(): Promise<LabRow[]> {
    return (await this.texts()).map(({ row }) => row);
  }

  async one(lab: string): Promise<LabRow | undefined> {
    return (await this.texts()).find(({ row }) => row.name === lab)?.row;
  }

  /** The same with the JSON of each; a row that says the same as before is the same object. */
  async texts(): Promise<LabRowText[]> {
    const version = await this.#ledger.version();
    if (version === this.#version && performance.now() - this.#madeAt < freshMs) return this.#rows;
    // Many who ask at once get one answer.
    this.#making ??= this.#make(version).finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  /** The answer to who asks for the list, in bytes: made once for however many ask, or for those that somebody may see. */
  async body(server: boolean, sees?: (lab: string) => boolean): Promise<Buffer> {
    const rows = await this.texts();
    const made = (seen: LabRowText[]) =>
      Buffer.from(`{"labs":[${seen.map(({ text }) => text).join(",")}],"server":${server}}`);
    if (sees !== undefined) return made(rows.filter(({ row }) => sees(row.name)));
    return (this.#body ??= made(rows));
  }

  async #make(version: string): Promise<LabRowText[]> {
    const workspace = this.#workspaces.now();
    const [last, states, open] = await Promise.all([
      this.#ledger.lastRuns(),
      this.#ledger.jobs.labStates(),
      this.#ledger.jobs.jobs({ states: ["queued", "running"], limit: 1000 }),
    ]);
    const jobs = Map.groupBy(open, ({ lab }) => lab);
    const before = new Map(this.#rows.map((each) => [each.row.name, each]));
    const rows: LabRowText[] = [];
    for (const lab of workspace.labs) {
      const run = last.get(lab.name);
      const { trend, loaded } = await this.#history(lab.name, run);
      const row = labRow(workspace, lab, {
        run,
        state: states.get(lab.name),
        jobs: jobs.get(lab.name) ?? [],
        trend,
        loaded,
      });
      const text = JSON.stringify(row);
      const known = before.get(lab.name);
      rows.push(known?.text === text ? known : { row, text });
    }
    if (rows.length !== this.#rows.length || rows.some((each, i) => each !== this.#rows[i])) this.#body = undefined;
    this.#rows = rows;
    this.#version = version;
    this.#madeAt = performance.now();
    return rows;
  }

  /** What earlier runs say changes with the last run only. */
  async #history(lab: string, run: RunInfo | undefined): Promise<History> {
    const stamp = run ? `${run.id} ${run.status} ${run.finishedAt}` : "";
    const known = this.#histories.get(lab);
    if (known?.stamp === stamp && run?.status !== "running") return known;
    const trend = run ? (await this.#ledger.scoreTrend(lab, trendLength)).reverse() : [];
    const history = { stamp, trend, loaded: await this.#lastLoad(lab, run) };
    this.#histories.set(lab, history);
    return history;
  }

  /** The newest run that took files in: the others say nothing about what is in quarantine. */
  async #lastLoad(lab: string, last: RunInfo | undefined): Promise<RunInfo | undefined> {
    if (!last || (last.summary?.files ?? 0) > 0) return last;
    const runs = await this.#ledger.runs({ lab, limit: 20 });
    return runs.find(({ summary }) => (summary?.files ?? 0) > 0);
  }
}

interface History {
  stamp: string;
  /** Oldest first. */
  trend: number[];
  loaded: RunInfo | undefined;
}

interface Known {
  run: RunInfo | undefined;
  state: LabState | undefined;
  jobs: JobInfo[];
  trend: number[];
  loaded: RunInfo | undefined;
}

function labRow(workspace: Workspace, lab: Lab, { run, state, jobs, trend, loaded }: Known): LabRow {
  const { schedule, problem } = scheduleOf(workspace, lab);
  const running = jobs.find((job) => job.state === "running");
  const job = running ?? jobs.toSorted((a, b) => (a.notBefore < b.notBefore ? -1 : 1))[0];
  const current = currentVersion(lab);
  const paused = state?.paused ?? (schedule?.paused ? { at: null, by: null, why: "paused in lab.yml" } : null);
  const next = paused === null && lab.status === "active" ? nextOf(workspace, lab) : undefined;
  const failing = run?.summary?.tests?.failed ?? 0;
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

interface KnownSchedule {
  schedule: Schedule | undefined;
  problem: string | null;
  next: Date | undefined;
  /** Until then `next` holds. */
  nextUntil: number;
}

/** When a file of the workspace changes, every lab is read anew as another {@link Lab}. */
const schedules = new WeakMap<Lab, KnownSchedule>();

function scheduleOf(workspace: Workspace, lab: Lab): KnownSchedule {
  let known = schedules.get(lab);
  if (!known) schedules.set(lab, (known = { ...readSchedule(workspace, lab), next: undefined, nextUntil: 0 }));
  return known;
}

function readSchedule(workspace: Workspace, lab: Lab): Pick<KnownSchedule, "schedule" | "problem"> {
  try {
    return { schedule: soundSchedule(workspace, lab), problem: null };
  } catch (error) {
    if (!isLabsError(error)) throw error;
    return { schedule: undefined, problem: `${error.code}: ${error.message}` };
  }
}

/** When the clock starts a lab next: worked out again when that has passed. */
function nextOf(workspace: Workspace, lab: Lab): Date | undefined {
  const known = scheduleOf(workspace, lab);
  const now = Date.now();
  if (now >= known.nextUntil) {
    known.next = known.schedule?.next(new Date(now));
    // A clock that is set back, or to summer time, is noticed within the hour.
    known.nextUntil = Math.min(known.next?.getTime() ?? Number.POSITIVE_INFINITY, now + 3_600_000);
  }
  return known.next;
}

interface KnownVersion {
  stamp: string;
  version: KeptVersion | undefined;
}
const versions = new WeakMap<Lab, KnownVersion>();

/** What readers see. Publishing and going back rename a file in the folder, and so change its time. */
function currentVersion(lab: Lab): KeptVersion | undefined {
  const published = join(dirname(lab.paths.database), "published");
  const stamp = `${modifiedAt(published)?.getTime()} ${modifiedAt(`${published}/versions`)?.getTime()}`;
  const known = versions.get(lab);
  // Times may be as coarse as a second or two: what has just changed is read again.
  const settled = Date.now() - (modifiedAt(published)?.getTime() ?? 0) > 3_000;
  if (known?.stamp === stamp && settled) return known.version;
  const version = publishedVersions(lab.paths.database).find(({ current }) => current);
  versions.set(lab, { stamp, version });
  return version;
}

function troubleOf(run: RunInfo | undefined, failing: number): string | null {
  if (run?.status === "failed") return run.summary?.message ?? "The last run failed.";
  if (run?.status === "crashed") return "The process of the last run is gone without a word.";
  if (failing > 0) return `${failing} ${failing === 1 ? "test fails" : "tests fail"}.`;
  return null;
}
