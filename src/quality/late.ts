import { quoteIdentifier } from "#duck/index.ts";
import type { Reaction } from "#registry/index.ts";
import { freshnessAnomaly, type SeenTable, volumeAnomaly } from "./anomalies.ts";
import type { TableFacts } from "./checks.ts";
import { rulesFor } from "./config.ts";
import type { Finding, FreshnessOutcome } from "./findings.ts";
import type { Overview } from "./overview.ts";
import type { Relation } from "./relations.ts";
import type { QualityConfig, TableRules } from "./types.ts";

/** How old a table is, by its own time column and by what others found. */
export interface TableFreshness {
  /** What the score counts. */
  facts: TableFacts["freshness"];
  findings: Finding[];
  /** Newest moment up to now in milliseconds since 1970; null without any. */
  newest: number | null;
}

/** What is known of a table's age; nothing is judged where the reaction is `off`. */
export function tableFreshness(
  relation: Relation,
  rules: TableRules & { stale: Reaction },
  known: { times: readonly string[]; seen: Overview; told: readonly FreshnessOutcome[]; now: Date },
): TableFreshness {
  const { times, seen, told, now } = known;
  const ages = times.map((column, i) => ({ column, newest: seen.newest[i] ?? null }));
  const past = ages.filter((age) => age.newest !== null && age.newest <= now.getTime());
  const [first, ...rest] = past.length > 0 ? past : ages;
  const best = first && rest.reduce((a, b) => ((b.newest ?? 0) > (a.newest ?? 0) ? b : a), first);
  const newest = past.length > 0 ? (best?.newest ?? null) : null;
  const { stale } = rules;
  if (stale === "off") return { facts: [], findings: [], newest };
  const outcomes = [...told];
  if (rules.maxAgeHours !== undefined && best) outcomes.push(ownAge(relation, best, rules.maxAgeHours, now));
  return {
    facts: outcomes.map(({ text, ageSeconds, maxAgeSeconds, query }) => ({ text, ageSeconds, maxAgeSeconds, query })),
    findings: outcomes.flatMap((outcome) => findingOf(outcome, stale)),
    newest,
  };
}

function ownAge(
  relation: Relation,
  { column, newest }: { column: string; newest: number | null },
  hours: number,
  now: Date,
): FreshnessOutcome {
  const age = newest === null ? null : Math.max(0, (now.getTime() - newest) / 1000);
  return {
    table: relation.label,
    status: age !== null && age <= hours * 3600 ? "pass" : "error",
    text:
      newest === null
        ? `${column} has no value, so its age is unknown`
        : `newest ${column} is ${new Date(newest).toISOString()}, older than ${hours} hours`,
    ageSeconds: age,
    maxAgeSeconds: hours * 3600,
    query: `SELECT max(${quoteIdentifier(column)}) FROM ${relation.sql}`,
  };
}

/** Findings about tables that the database does not have. */
export function lateFindings(outcomes: readonly FreshnessOutcome[], config: QualityConfig): Finding[] {
  return outcomes.flatMap((outcome) => {
    const [schema = "", name = ""] = outcome.table.split(".", 2);
    const { stale } = rulesFor(config, schema, name);
    return stale === "off" ? [] : findingOf(outcome, stale);
  });
}

function findingOf({ table, status, text, query }: FreshnessOutcome, stale: Exclude<Reaction, "off">): Finding[] {
  if (status === "pass") return [];
  // What was declared to be worth a warning holds nothing back.
  return [{ kind: "stale", table, text, query, reaction: status === "warn" ? "warn" : stale }];
}

/** What is unlike a table's own history. */
export function anomaliesOf(
  relation: Relation,
  reaction: Exclude<Reaction, "off">,
  seen: { rows: number; newest: number | null; now: number; history: readonly SeenTable[] },
): Finding[] {
  const { rows, newest, now, history } = seen;
  const found: Finding[] = [];
  const table = relation.label;
  const volume = volumeAnomaly(rows, now, history, reaction === "blocking");
  const query = `SELECT count(*) FROM ${relation.sql}`;
  if (volume) found.push({ kind: "volume", table, text: volume, query, reaction });
  const late = freshnessAnomaly(newest, now, history);
  if (late) found.push({ kind: "freshness", table, text: late, query: null, reaction });
  return found;
}
