import type { EventInfo, RunDetail } from "#ledger/index.ts";

/** Everything that a report of a run shows, whatever the format. */
export interface RunReport {
  run: RunDetail;
  /** Warnings and errors, oldest first. */
  events: EventInfo[];
  /** Files that were looked at. */
  files: ReportFile[];
  score: ReportScore | undefined;
  layers: ReportScore[];
  /** The weakest first. */
  tables: ReportScore[];
  /** The lab's scores of this and earlier runs, oldest first. */
  trend: number[];
  /** What the step publish said; null when it did not run. */
  published: string | null;
}

export interface ReportFile {
  file: string;
  table: string;
  outcome: string;
  rowsLoaded: number;
  rowsQuarantined: number;
  seconds: number;
}

export interface ReportScore {
  name: string;
  score: number;
  rows: number | null;
  /** Rows of this and earlier runs, oldest first. */
  history: number[];
  parts: {
    dimension: string;
    points: number;
    max: number;
    causes: { points: number; text: string; query: string | null }[];
  }[];
}

export type Node = RunDetail["models"][number];

const tests = new Set(["test", "unit_test", "expectation"]);
export const isTest = (node: Node): boolean => tests.has(node.resourceType);
/** What lab.yml expects of a table. */
export const isExpectation = (node: Node): boolean => node.resourceType === "expectation";

/** How a node ended, in three colours. */
export const verdictOf = ({ status }: Pick<Node, "status">): "good" | "warn" | "bad" =>
  ["success", "pass", "reused", "no-op"].includes(status)
    ? "good"
    : ["warn", "skipped"].includes(status)
      ? "warn"
      : "bad";

/** Scores of a lab's runs, in any order. */
export type ScoreHistory = readonly {
  scope: string;
  name: string;
  score: number;
  time: string;
  rows?: number | null;
}[];

/** Gathers a report from what the ledger keeps. Scores of older versions may lack parts. */
export function reportOf(run: RunDetail, events: EventInfo[], history: ScoreHistory): RunReport {
  const until = run.finishedAt ?? run.startedAt;
  const earlier = history.filter(({ time }) => time <= until).sort((a, b) => (a.time < b.time ? -1 : 1));
  const scores = run.scores.map((row) => {
    const kept = (row.parts as { parts?: ReportScore["parts"] } | null)?.parts;
    return {
      scope: row.scope,
      name: row.name,
      score: row.score,
      rows: row.rows,
      history: earlier
        .flatMap((e) => (e.scope === row.scope && e.name === row.name && e.rows !== null ? [e.rows ?? 0] : []))
        .slice(-30),
      parts: Array.isArray(kept) ? kept : [],
    };
  });
  return {
    run,
    events: events.filter(({ level }) => level === "warn" || level === "error"),
    files: events.flatMap(({ type, data }) => (type === "file-finish" && isFile(data) ? [data] : [])),
    score: scores.find(({ scope }) => scope === "lab"),
    layers: scores.filter(({ scope }) => scope === "layer"),
    tables: scores
      .filter(({ scope }) => scope === "table")
      .sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1)),
    trend: earlier.flatMap(({ scope, score }) => (scope === "lab" ? [score] : [])).slice(-30),
    published: publishedOf(events),
  };
}

/** Without the step's own word for its outcome. */
function publishedOf(events: EventInfo[]): string | null {
  const told = events.findLast(({ type, step }) => type === "step-finish" && step === "publish")?.text;
  return told === undefined ? null : told.replace(/^\w+: /, "");
}

const isFile = (data: unknown): data is ReportFile =>
  typeof data === "object" && data !== null && "file" in data && "table" in data && "outcome" in data;

/** A step's name; of a further attempt also which one it was. */
export const stepTitle = ({ name, attempt }: RunReport["run"]["steps"][number]): string =>
  attempt > 1 ? `${name} (attempt ${attempt})` : name;
