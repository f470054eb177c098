import { plural } from "#errors/index.ts";
import type { IncidentCause } from "#ledger/index.ts";
import { alertsStart, type Amount } from "#registry/index.ts";
import { type HealthFacts, type LabFacts, silentMs } from "./facts.ts";
import { tooLong } from "./usual.ts";

export type HealthCheck =
  | "config"
  | "last_run"
  | "tests"
  | "late"
  | "stale"
  | "stuck"
  | "paused"
  | "server"
  | "queue"
  | "disk"
  | "memory"
  | "alerts";

/** One thing that a person should know. */
export interface HealthItem {
  check: HealthCheck;
  /** `attention` makes a monitor ring; a `note` does not. */
  level: "attention" | "note";
  /** Null: of no lab. */
  lab: string | null;
  /** What is so, as a predicate without a full stop: `last run failed: …`. */
  text: string;
  hint?: string;
  /** For alerts: the same for the same cause, also over labs. */
  fingerprint: string;
  /** Labs may have it together. */
  shared: boolean;
}

/** Judges what is known of a workspace. The same facts always give the same items, labs in their order. */
export function examineHealth(facts: HealthFacts): HealthItem[] {
  return [...facts.labs.flatMap((lab) => (lab.status === "archived" ? [] : ofLab(lab, facts))), ...ofWorkspace(facts)];
}

function ofLab(lab: LabFacts, facts: HealthFacts): HealthItem[] {
  const items: HealthItem[] = [];
  const note = (check: HealthCheck, level: HealthItem["level"], text: string, hint?: string, shared?: string) =>
    items.push({
      check,
      level,
      lab: lab.name,
      text,
      ...(hint !== undefined && { hint }),
      fingerprint: shared === undefined ? `${check}:${lab.name}` : `${check}:${shared}`,
      shared: shared !== undefined,
    });
  const now = facts.now.getTime();
  if (lab.problem !== null)
    note("config", "attention", lab.problem, `Correct it; \`labs doctor ${lab.name}\` shows it.`);
  const { lastRun: last, current } = lab;
  if (last?.status === "failed" || last?.status === "crashed") {
    const why = last.summary?.message ? `: ${last.summary.message.replace(/\.$/, "")}` : "";
    note("last_run", "attention", `last run ${last.status}${why}`, `\`labs logs ${last.id.slice(-7)}\``);
  }
  if (lab.failingTests > 0 && last?.status === "ok")
    note("tests", "attention", `${plural(lab.failingTests, "test")} failing`, `\`labs logs ${last.id.slice(-7)}\``);
  if (lab.status === "paused") note("paused", "note", "paused in labs_config.yaml");
  else if (lab.paused !== null) note("paused", "note", lab.paused, `\`labs resume ${lab.name}\` lets it run again.`);
  if (lab.dueAt !== null && !current && now - Date.parse(lab.dueAt) > lab.thresholds.late) {
    const why = serverProblem(facts);
    note(
      "late",
      "attention",
      `was due at ${lab.dueAt.slice(0, 16).replace("T", " ")} UTC and has not begun${why ? `: ${why}` : ""}`,
      why ? "Start it: `labs serve`." : "`labs schedule` shows what is due, `labs health` what waits.",
      why ? "server" : undefined,
    );
  }
  if (current) {
    const limit = tooLong(lab.usualSeconds, lab.thresholds.stuck);
    const taken = now - Date.parse(current.startedAt);
    if (limit !== undefined && taken > limit)
      note(
        "stuck",
        "attention",
        `runs for ${minutes(taken)} now; usual is ${minutes(medianMs(lab.usualSeconds))}`,
        `\`labs logs ${current.id.slice(-7)} --follow\` shows what it does, \`labs cancel ${lab.name}\` stops it.`,
      );
  }
  const { stale } = lab.thresholds;
  if (stale !== undefined && lab.freshAt !== null && now - Date.parse(lab.freshAt) > stale)
    note(
      "stale",
      "attention",
      `readers have data of ${lab.freshAt.slice(0, 16).replace("T", " ")} UTC`,
      `\`labs run ${lab.name}\` publishes anew.`,
    );
  if (lab.disk) {
    const { free, total, database, device } = lab.disk;
    const { timesDatabase, free: least } = lab.thresholds.disk;
    if (free < bytesOf(least, total) || free < timesDatabase * database)
      note(
        "disk",
        "attention",
        `its disk has ${gigabytes(free)} of ${gigabytes(total)} free; its database has ${gigabytes(database)}`,
        "Make room; `labs prune` takes old loads out.",
        `${facts.host}:${device}`,
      );
  }
  return items;
}

/** Why nothing begins by itself. */
function serverProblem({ server, scheduled, now }: HealthFacts): string | undefined {
  if (!scheduled) return undefined;
  if (!server) return "no server is running";
  if (!server.alive) return `the server (pid ${server.pid} on ${server.host}) is gone`;
  const silent = now.getTime() - Date.parse(server.seenAt);
  if (silent > silentMs)
    return `the server (pid ${server.pid} on ${server.host}) was not heard of for ${minutes(silent)}`;
  return undefined;
}

function ofWorkspace(facts: HealthFacts): HealthItem[] {
  const items: HealthItem[] = [];
  const note = (check: HealthCheck, level: HealthItem["level"], text: string, hint?: string, key = "") =>
    items.push({
      check,
      level,
      lab: null,
      text,
      ...(hint !== undefined && { hint }),
      fingerprint: `${check}:${key === "" ? facts.host : key}`,
      shared: true,
    });
  const server = serverProblem(facts);
  if (server) note("server", "attention", `${server}, and labs have schedules`, "Start it: `labs serve`.");
  const { queue, memory, alerts } = facts;
  const waited = queue.oldest === null ? 0 : facts.now.getTime() - Date.parse(queue.oldest);
  if (queue.waiting > 0 && waited > 900_000)
    note(
      "queue",
      "attention",
      `${plural(queue.waiting, "run")} waiting, the oldest for ${minutes(waited)}`,
      "`labs serve` and `labs worker` work on them; more workers or `--jobs` make it faster.",
    );
  if (memory.total > 0 && memory.free < bytesOf(memory.threshold.free, memory.total))
    note(
      "memory",
      "attention",
      `${gigabytes(memory.free)} of ${gigabytes(memory.total)} memory free`,
      "Run fewer labs at once, or lower memory_limit in their profiles.",
    );
  if (!alerts.configured && alerts.problems.length === 0)
    note("alerts", "note", "nobody is told about problems: there is no shared/config/alerts.yml", alertsStart);
  for (const problem of alerts.problems) note("alerts", "attention", problem, undefined, problem);
  for (const { name, failingSince, problem, waiting, lost } of alerts.channels) {
    if (failingSince !== null) {
      const held = waiting > 0 ? `; ${plural(waiting, "message")} waiting` : "";
      note(
        "alerts",
        "attention",
        `the channel ${name} fails since ${failingSince.slice(0, 16).replace("T", " ")} UTC: ${problem ?? "unknown"}${held}`,
        `\`labs alerts test ${name}\` tries it.`,
        name,
      );
    } else if (lost > 0)
      note(
        "alerts",
        "attention",
        `the channel ${name} lost ${plural(lost, "message")} in the last day${problem ? `: ${problem}` : ""}`,
        "`labs alerts` shows them.",
        name,
      );
  }
  return items;
}

/** Checks that are incidents of their own. */
const conditions = new Set<HealthCheck>(["late", "stale", "stuck", "disk", "memory"]);

/** An item as what alerts are made of; undefined for what others tell, such as failed runs. */
export function conditionOf(
  item: HealthItem,
): { fingerprint: string; event: string; cause: IncidentCause; shared: boolean } | undefined {
  if (!conditions.has(item.check)) return undefined;
  const { fingerprint, check: event, text: summary, hint, shared } = item;
  return { fingerprint, event, shared, cause: { summary, ...(hint !== undefined && { hint }) } };
}

const bytesOf = (amount: Amount, total: number): number => ("share" in amount ? amount.share * total : amount.bytes);

const gigabytes = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB` : `${Math.round(bytes / 1e6)} MB`;

const medianMs = (seconds: number[]): number => {
  const sorted = seconds.toSorted((a, b) => a - b);
  return (sorted[sorted.length >> 1] ?? 0) * 1000;
};

function minutes(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return plural(seconds, "second");
  return seconds < 7200 ? plural(Math.round(seconds / 60), "minute") : plural(Math.round(seconds / 3600), "hour");
}
