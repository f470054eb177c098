import type { Database } from "better-sqlite3";
import { ledgerErrors } from "./errors.ts";
import { isAlive } from "./process-identity.ts";
import type {
  EventFilter,
  EventInfo,
  EventLevel,
  RunDetail,
  RunFilter,
  RunInfo,
  RunStatus,
  ScoreFilter,
  ScoreInfo,
  ScoreResult,
  StepInfo,
  StepStatus,
} from "./types.ts";

interface RunRow {
  id: string;
  lab: string;
  trigger_: string;
  command: string;
  user_: string;
  host: string;
  pid: number;
  process_token: string;
  started_at: string;
  finished_at: string | null;
  status: RunStatus;
  code_version: string | null;
  config_hash: string | null;
  job: string | null;
  attempt: number | null;
  summary: string | null;
}

const parsed = <T>(text: unknown): T | null => (typeof text === "string" ? (JSON.parse(text) as T) : null);
const seconds = (from: string, to: string | null) => (to === null ? null : (Date.parse(to) - Date.parse(from)) / 1000);

function runInfo(row: RunRow): RunInfo {
  const gone = row.status === "running" && !isAlive({ host: row.host, pid: row.pid, token: row.process_token });
  return {
    id: row.id,
    lab: row.lab,
    trigger: row.trigger_,
    command: row.command,
    user: row.user_,
    host: row.host,
    pid: row.pid,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    seconds: seconds(row.started_at, row.finished_at),
    status: gone ? "crashed" : row.status,
    codeVersion: row.code_version,
    configHash: row.config_hash,
    job: row.job,
    attempt: row.attempt,
    summary: parsed(row.summary),
  };
}

export function readRuns(db: Database, filter: RunFilter): RunInfo[] {
  const limit = filter.limit ?? 50;
  // A run that is written as running may have crashed: both are read, and the filter is applied to what it is.
  const written = filter.status === "crashed" ? ["crashed", "running"] : filter.status ? [filter.status] : null;
  const found: RunInfo[] = [];
  const rows = db
    .prepare(
      `SELECT * FROM runs WHERE (@lab IS NULL OR lab = @lab) AND id >= @since AND (@before IS NULL OR id < @before)
       AND (@statuses IS NULL OR status IN (SELECT value FROM json_each(@statuses))) ORDER BY id DESC`,
    )
    .iterate({
      lab: filter.lab ?? null,
      since: filter.since ?? "",
      before: filter.before ?? null,
      statuses: written && JSON.stringify(written),
    }) as IterableIterator<RunRow>;
  for (const row of rows) {
    if (found.length >= limit) break;
    const run = runInfo(row);
    if (filter.status === undefined || run.status === filter.status) found.push(run);
  }
  return found;
}

export function readLastRuns(db: Database, status: RunStatus | undefined): Map<string, RunInfo> {
  const labs = db.prepare("SELECT DISTINCT lab FROM runs ORDER BY lab").pluck().all() as string[];
  const last = new Map<string, RunInfo>();
  for (const lab of labs) {
    const [run] = readRuns(db, { lab, limit: 1, ...(status && { status }) });
    if (run) last.set(lab, run);
  }
  return last;
}

/** Errors: LED-005 no run matches, LED-006 several do. */
export function findRun(db: Database, id: string, lab?: string): RunInfo {
  if (id === "last") {
    const [run] = readRuns(db, { limit: 1, ...(lab && { lab }) });
    if (run) return run;
    throw ledgerErrors.runUnknown({
      message: lab ? `Lab ${lab} has not run yet.` : "Nothing has run in this workspace yet.",
      hint: `Run \`labs run${lab ? ` ${lab}` : ""}\` first.`,
    });
  }
  const text = id.toLowerCase();
  const exact = db.prepare("SELECT * FROM runs WHERE id = ?").get(text) as RunRow | undefined;
  if (exact) return runInfo(exact);
  const rows = (
    text === ""
      ? []
      : db
          .prepare(
            `SELECT * FROM runs WHERE (@lab IS NULL OR lab = @lab)
             AND (substr(id, 1, length(@text)) = @text OR substr(id, -length(@text)) = @text) ORDER BY id DESC LIMIT 6`,
          )
          .all({ text, lab: lab ?? null })
  ) as RunRow[];
  const [only] = rows;
  if (only === undefined) {
    throw ledgerErrors.runUnknown({
      message: `No run's id is, begins or ends with "${id}".`,
      hint: "`labs history` lists the runs; `last` means the newest one.",
    });
  }
  if (rows.length > 1) {
    const few = rows.slice(0, 5).map((row) => row.id);
    throw ledgerErrors.runAmbiguous({
      message: `"${id}" matches ${rows.length > 5 ? "many" : rows.length} runs: ${few.join(", ")}${rows.length > 5 ? " …" : ""}.`,
      hint: "Give more of the id; its last characters differ most.",
      data: { matches: few },
    });
  }
  return runInfo(only);
}

export function readRunDetail(db: Database, run: RunInfo): RunDetail {
  const steps = db.prepare("SELECT * FROM steps WHERE run = ? ORDER BY position").all(run.id) as Record<
    string,
    never
  >[];
  const models = db.prepare("SELECT * FROM models WHERE run = ? ORDER BY unique_id").all(run.id) as Record<
    string,
    never
  >[];
  return {
    ...run,
    steps: steps.map(
      (row): StepInfo => ({
        name: row["name"]!,
        attempt: row["attempt"]!,
        status:
          run.status === "crashed" && row["status"] === "running"
            ? "crashed"
            : (row["status"] as unknown as StepStatus),
        startedAt: row["started_at"]!,
        finishedAt: row["finished_at"]!,
        seconds: seconds(row["started_at"]!, row["finished_at"]!),
        rows: row["rows_"]!,
        error: parsed(row["error"]),
        data: parsed(row["data"]),
      }),
    ),
    models: models.map((row) => ({
      uniqueId: row["unique_id"]!,
      name: row["name"]!,
      resourceType: row["resource_type"]!,
      status: row["status"]!,
      seconds: row["seconds"]!,
      rows: row["rows_"]!,
      failures: row["failures"]!,
      message: row["message"]!,
      relation: row["relation"]!,
    })),
    scores: scoreInfos(db.prepare(`${selectScores} WHERE s.run = ? ORDER BY s.scope, s.name`).all(run.id)),
  };
}

const levels: EventLevel[] = ["debug", "info", "warn", "error"];

export function readEvents(db: Database, run: string, filter: EventFilter): EventInfo[] {
  const wanted = levels.slice(levels.indexOf(filter.level ?? "debug"));
  const rows = db
    .prepare(
      `SELECT seq, time, level, step, type, text, data FROM events WHERE run = @run AND seq > @after
       AND level IN (SELECT value FROM json_each(@levels)) ORDER BY seq LIMIT @limit`,
    )
    .all({ run, after: filter.after ?? -1, levels: JSON.stringify(wanted), limit: filter.limit ?? -1 }) as EventInfo[];
  return rows.map((row) => ({ ...row, data: parsed(row.data) }));
}

const selectScores = `SELECT s.run, s.lab, r.started_at AS time, s.scope, s.name, s.score, s.rows_, s.parts
  FROM scores s JOIN runs r ON r.id = s.run`;

function scoreInfos(rows: unknown[]): ScoreInfo[] {
  return (rows as (ScoreInfo & { rows_: number | null })[]).map(({ rows_, ...row }) => ({
    ...row,
    scope: row.scope as ScoreResult["scope"],
    rows: rows_,
    parts: parsed(row.parts),
  }));
}

export function readScores(db: Database, filter: ScoreFilter): ScoreInfo[] {
  return scoreInfos(
    db
      .prepare(
        `${selectScores} WHERE s.lab = @lab AND (@scope IS NULL OR s.scope = @scope) AND (@name IS NULL OR s.name = @name)
         AND s.run IN (SELECT DISTINCT run FROM scores WHERE lab = @lab ORDER BY run DESC LIMIT @limit)
         ORDER BY s.run DESC, s.scope, s.name`,
      )
      .all({ lab: filter.lab, scope: filter.scope ?? null, name: filter.name ?? null, limit: filter.limit ?? 30 }),
  );
}
