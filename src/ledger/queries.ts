import { ledgerErrors } from "./errors.ts";
import { isRunGone, livenessColumns } from "./liveness.ts";
import { ofLabs, type Row, type Sql, type SqlValue } from "./sql.ts";
import type {
  EventFilter,
  EventInfo,
  EventLevel,
  ModelResult,
  RunDetail,
  RunFilter,
  RunInfo,
  RunStatus,
  RunSummary,
  ScoreFilter,
  ScoreInfo,
  ScoreResult,
  StepInfo,
  StepStatus,
} from "./types.ts";

const parsed = <T>(text: unknown): T | null => (typeof text === "string" ? (JSON.parse(text) as T) : null);
const text = (value: SqlValue | undefined): string | null =>
  value === null || value === undefined ? null : String(value);
const number = (value: SqlValue | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);
const seconds = (from: string, to: string | null) => (to === null ? null : (Date.parse(to) - Date.parse(from)) / 1000);

const selectRuns = `SELECT ${livenessColumns} FROM runs r LEFT JOIN jobs j ON j.id = r.job`;

function runInfo(row: Row): RunInfo {
  const status = String(row["status"]) as RunStatus;
  const startedAt = String(row["started_at"]);
  const finishedAt = text(row["finished_at"]);
  return {
    id: String(row["id"]),
    lab: String(row["lab"]),
    trigger: String(row["trigger_"]),
    command: String(row["command"]),
    user: String(row["user_"]),
    host: String(row["host"]),
    pid: Number(row["pid"]),
    startedAt,
    finishedAt,
    seconds: seconds(startedAt, finishedAt),
    status: status === "running" && isRunGone(row) ? "crashed" : status,
    codeVersion: text(row["code_version"]),
    configHash: text(row["config_hash"]),
    job: text(row["job"]),
    attempt: number(row["attempt"]),
    summary: parsed<RunSummary>(row["summary"]),
  };
}

/** A run that is written as running may have crashed: both are read, and the filter is applied to what it is. */
const written = (status: RunStatus | undefined): RunStatus[] =>
  status === undefined ? [] : status === "crashed" ? ["crashed", "running"] : [status];

/** `column IN (…)` of a few constant words. */
const among = (column: string, words: string[]) => `${column} IN (${words.map((word) => `'${word}'`).join(", ")})`;

export async function readRuns(sql: Sql, filter: RunFilter): Promise<RunInfo[]> {
  const limit = filter.limit ?? 50;
  const statuses = written(filter.status);
  const labs = ofLabs("r.lab", filter.lab);
  const conditions = [
    "r.id >= @since",
    "r.id < @before",
    ...(filter.lab === undefined ? [] : [labs.condition]),
    ...(statuses.length > 0 ? [among("r.status", statuses)] : []),
  ];
  const query = `${selectRuns} WHERE ${conditions.join(" AND ")} ORDER BY r.id DESC LIMIT @limit`;
  const values = { since: filter.since ?? "", limit, ...labs.values };
  const found: RunInfo[] = [];
  for (let before = filter.before ?? "~"; found.length < limit; ) {
    const rows = await sql.all(query, { ...values, before });
    const runs = rows.map(runInfo);
    found.push(...runs.filter(({ status }) => filter.status === undefined || status === filter.status));
    if (rows.length < limit) break;
    before = runs.at(-1)?.id ?? "";
  }
  return found.slice(0, limit);
}

export async function readLastRuns(sql: Sql, status: RunStatus | undefined): Promise<Map<string, RunInfo>> {
  if (status === "running" || status === "crashed") {
    const labs = await sql.all("SELECT DISTINCT lab FROM runs ORDER BY lab");
    const last = new Map<string, RunInfo>();
    for (const { lab } of labs) {
      const [run] = await readRuns(sql, { lab: String(lab), limit: 1, status });
      if (run) last.set(run.lab, run);
    }
    return last;
  }
  const rows = await sql.all(
    `SELECT ${livenessColumns} FROM (SELECT DISTINCT lab FROM runs) l
     JOIN runs r ON r.id = (
       SELECT x.id FROM runs x WHERE x.lab = l.lab ${status ? `AND ${among("x.status", [status])}` : ""}
       ORDER BY x.id DESC LIMIT 1)
     LEFT JOIN jobs j ON j.id = r.job ORDER BY r.lab`,
  );
  return new Map(rows.map((row) => [String(row["lab"]), runInfo(row)]));
}

/** Errors: LED-005 no run matches, LED-006 several do. */
export async function findRun(sql: Sql, id: string, lab?: string | readonly string[]): Promise<RunInfo> {
  const labs = ofLabs("r.lab", lab);
  // One lab is where a part of an id is looked for; several are all that may be seen.
  const seen = ofLabs("r.lab", typeof lab === "string" ? undefined : lab);
  if (id === "last") {
    const [run] = await readRuns(sql, { limit: 1, ...(lab !== undefined && { lab }) });
    if (run) return run;
    throw ledgerErrors.runUnknown({
      message: typeof lab === "string" ? `Lab ${lab} has not run yet.` : "Nothing has run in this workspace yet.",
      hint: `Run \`labs run${typeof lab === "string" ? ` ${lab}` : ""}\` first.`,
    });
  }
  const wanted = id.toLowerCase();
  const [exact] = await sql.all(`${selectRuns} WHERE r.id = @wanted AND ${seen.condition}`, {
    wanted,
    ...seen.values,
  });
  if (exact) return runInfo(exact);
  // Letters and digits alone: what LIKE takes for a pattern is in no id.
  const rows = /^[0-9a-z]+$/.test(wanted)
    ? await sql.all(
        `${selectRuns} WHERE (r.id LIKE @begin OR r.id LIKE @end) AND ${labs.condition}
         ORDER BY r.id DESC LIMIT 6`,
        { begin: `${wanted}%`, end: `%${wanted}`, ...labs.values },
      )
    : [];
  const [only] = rows;
  if (only === undefined) {
    throw ledgerErrors.runUnknown({
      message: `No run's id is, begins or ends with "${id}".`,
      hint: "`labs history` lists the runs; `last` means the newest one.",
    });
  }
  if (rows.length > 1) {
    const few = rows.slice(0, 5).map((row) => String(row["id"]));
    throw ledgerErrors.runAmbiguous({
      message: `"${id}" matches ${rows.length > 5 ? "many" : rows.length} runs: ${few.join(", ")}${rows.length > 5 ? " …" : ""}.`,
      hint: "Give more of the id; its last characters differ most.",
      data: { matches: few },
    });
  }
  return runInfo(only);
}

export async function readRunDetail(sql: Sql, run: RunInfo): Promise<RunDetail> {
  const values = { run: run.id };
  const [steps = [], models = [], scores = []] = await sql.batch([
    { text: "SELECT * FROM steps WHERE run = @run ORDER BY position", values },
    { text: "SELECT * FROM models WHERE run = @run ORDER BY unique_id", values },
    { text: `${selectScores} WHERE s.run = @run ORDER BY s.scope, s.name`, values },
  ]);
  return {
    ...run,
    steps: steps.map((row) => stepInfo(row, run.status)),
    models: models.map(modelResult),
    scores: scores.map(scoreInfo),
  };
}

function stepInfo(row: Row, run: RunStatus): StepInfo {
  const status = String(row["status"]) as StepStatus;
  const startedAt = String(row["started_at"]);
  const finishedAt = text(row["finished_at"]);
  return {
    name: String(row["name"]),
    attempt: Number(row["attempt"]),
    status: run === "crashed" && status === "running" ? "crashed" : status,
    startedAt,
    finishedAt,
    seconds: seconds(startedAt, finishedAt),
    rows: number(row["rows_"]),
    error: parsed(row["error"]),
    data: parsed(row["data"]),
  };
}

const modelResult = (row: Row): ModelResult & { rows: number | null; failures: number | null } => ({
  uniqueId: String(row["unique_id"]),
  name: String(row["name"]),
  resourceType: String(row["resource_type"]),
  status: String(row["status"]),
  seconds: Number(row["seconds"]),
  rows: number(row["rows_"]),
  failures: number(row["failures"]),
  message: text(row["message"]),
  relation: text(row["relation"]),
});

const levels: EventLevel[] = ["debug", "info", "warn", "error"];

export async function readEvents(sql: Sql, run: string, filter: EventFilter): Promise<EventInfo[]> {
  const wanted = levels.slice(levels.indexOf(filter.level ?? "debug"));
  const rows = await sql.all(
    `SELECT seq, time, level, step, type, text, data FROM events WHERE run = @run AND seq > @after
     AND ${among("level", wanted)} ORDER BY seq ${filter.limit === undefined ? "" : "LIMIT @limit"}`,
    { run, after: filter.after ?? -1, ...(filter.limit !== undefined && { limit: filter.limit }) },
  );
  return rows.map((row) => ({
    seq: Number(row["seq"]),
    time: String(row["time"]),
    level: String(row["level"]) as EventLevel,
    step: text(row["step"]),
    type: String(row["type"]),
    text: String(row["text"]),
    data: parsed(row["data"]),
  }));
}

const selectScores = `SELECT s.run, s.lab, r.started_at AS time, s.scope, s.name, s.score, s.rows_, s.parts
  FROM scores s JOIN runs r ON r.id = s.run`;

const scoreInfo = (row: Row): ScoreInfo => ({
  run: String(row["run"]),
  lab: String(row["lab"]),
  time: String(row["time"]),
  scope: String(row["scope"]) as ScoreResult["scope"],
  name: String(row["name"]),
  score: Number(row["score"]),
  rows: number(row["rows_"]),
  parts: parsed(row["parts"]),
});

export async function readScores(sql: Sql, filter: ScoreFilter): Promise<ScoreInfo[]> {
  const { lab, scope, name, limit = 30 } = filter;
  const rows = await sql.all(
    `${selectScores} WHERE s.lab = @lab ${scope === undefined ? "" : "AND s.scope = @scope"}
     ${name === undefined ? "" : "AND s.name = @name"}
     AND s.run IN (SELECT DISTINCT run FROM scores WHERE lab = @lab ORDER BY run DESC LIMIT @limit)
     ORDER BY s.run DESC, s.scope, s.name`,
    { lab, limit, ...(scope !== undefined && { scope }), ...(name !== undefined && { name }) },
  );
  return rows.map(scoreInfo);
}

/** A lab's own scores of its last runs, newest first: numbers alone, along the primary key. */
export async function readTrend(sql: Sql, lab: string, limit: number): Promise<number[]> {
  const rows = await sql.all(
    "SELECT score FROM scores WHERE lab = @lab AND scope = 'lab' ORDER BY run DESC LIMIT @limit",
    { lab, limit },
  );
  return rows.map(({ score }) => Number(score));
}
