import { type Connection, quoteIdentifier } from "#duck/index.ts";
import type { SeenTable } from "./anomalies.ts";
import { checksOf, type TableFacts } from "./checks.ts";
import { checkConfig, layerWeight, rulesFor } from "./config.ts";
import { type ColumnFigures, packFigures, type TableFigures } from "./figures.ts";
import type { Finding, FreshnessOutcome } from "./findings.ts";
import { copiesQuery, duplicatesQuery } from "./keys.ts";
import { type KnownCounts, type Overview, type OverviewRequest, overviews } from "./overview.ts";
import { isMoment } from "./moments.ts";
import { anomaliesOf, lateFindings, tableFreshness, type TableFreshness } from "./late.ts";
import { columnOf, listRelations, type Relation } from "./relations.ts";
import { combineScores, defaultWeights, scoreChecks, summarise } from "./score.ts";
import type { LoadOutcome, QualityConfig, Score, TestOutcome } from "./types.ts";

export interface InspectAndScoreInput {
  connection: Connection;
  /** Default: every schema that is not the platform's own. */
  schemas?: readonly string[];
  tests?: readonly TestOutcome[];
  loads?: readonly LoadOutcome[];
  config?: QualityConfig;
  /** What earlier runs saw by `schema.table`, newest first. */
  history?: Readonly<Record<string, readonly SeenTable[]>>;
  /** How old tables are as others found it: dbt's source freshness, deliveries. */
  freshness?: readonly FreshnessOutcome[];
  /** Figures of every column too, for the comparison with other runs. Default false. */
  figures?: boolean;
  /** What need not be counted again. */
  known?: KnownCounts;
  now?: Date;
}

export interface TableQuality extends Score {
  schema: string;
  /** Without the schema. */
  name: string;
  type: "table" | "view";
  /** Null when it cannot be read. */
  rows: number | null;
  columns: number;
  /** Null values in all columns. */
  nulls: number;
  /** Rows beyond the first of the worst key, or copies of whole rows; null when not looked for. */
  duplicates: number | null;
  error: string | null;
  /** Keys it was searched by; none means copies of whole rows, or nothing (see `duplicates`). */
  keys: { columns: string[]; origin: "declared" | "tested" }[];
  /** Newest moment up to now in milliseconds since 1970, by the declared time column or the newest of all; null without. */
  newest: number | null;
  /** Its number of rows is unlike its history. */
  unusual: boolean;
  /** Figures of its columns; empty when they were not asked for. */
  figures: ColumnFigures[];
}

export interface LayerQuality extends Score {
  schema: string;
  tables: number;
  rows: number;
}

/** Quality of a lab: its own score, its layers' and its tables', each with parts that add up. */
export interface LabQuality extends Score {
  layers: LayerQuality[];
  tables: TableQuality[];
  /** Tests that belong to none of the tables (singular tests); scored like a layer of their own. */
  otherTests: Score | null;
  /** What is stale, and what is unlike its own history. */
  findings: Finding[];
  /** Settings that could not be used: a key's column that does not exist. */
  warnings: string[];
}

/** Larger tables are not searched for copies of whole rows, nor are keys counted again that a test just passed. */
const smallTable = 200_000;

/** Counts every table once and scores it. Errors: QUAL-003; a table that cannot be read scores 0 and says why. */
export async function inspectAndScore(input: InspectAndScoreInput): Promise<LabQuality> {
  const config = input.config ?? {};
  checkConfig(config);
  const now = input.now ?? new Date();
  const warnings: string[] = [];
  const relations = await listRelations(input.connection, input.schemas ? { schemas: input.schemas } : {});
  const plans = relations.map((relation) => planOf(relation, input, config, warnings));
  const seen = await overviews(
    input.connection,
    plans.map((plan) => plan.request),
    input.known,
  );
  const findings: Finding[] = [];
  const tables = plans.map((plan, i) => scoreTable(plan, seen[i] as Overview, { input, config, now, findings }));
  const labels = new Set(relations.map((relation) => relation.label.toLowerCase()));
  // What was never delivered has no table, and is late all the same.
  for (const outcome of input.freshness ?? [])
    if (!labels.has(outcome.table.toLowerCase())) findings.push(...lateFindings([outcome], config));

  const layers = [...new Set(tables.map((table) => table.schema))].map((schema): LayerQuality => {
    const members = tables.filter((table) => table.schema === schema);
    const score = combineScores(
      members.map((table) => ({
        prefix: `${table.name}: `,
        weight: rulesFor(config, table.schema, table.name).weight ?? 1,
        score: table,
      })),
    );
    return { schema, tables: members.length, rows: members.reduce((sum, t) => sum + (t.rows ?? 0), 0), ...score };
  });
  const others = (input.tests ?? []).filter((test) => !test.table || !labels.has(test.table.toLowerCase()));
  const otherTests = others.length === 0 ? null : scoreOtherTests(others, config);
  const members = layers.map((layer) => ({
    prefix: `${layer.schema}.`,
    weight: layerWeight(config, layer.schema),
    score: layer as Score,
  }));
  if (otherTests) members.push({ prefix: "", weight: 1, score: otherTests });
  const lab = summarise(combineScores(members));
  return { ...lab, layers: layers.map(summarise), tables, otherTests, findings, warnings };
}

interface Plan {
  relation: Relation;
  request: OverviewRequest;
  keys: { columns: string[]; origin: "declared" | "tested" }[];
  /** Keys that need no counting: their test passed on a large table. */
  passed: string[][];
  tests: TestOutcome[];
  /** Columns that may say how old the table is. */
  times: string[];
}

function planOf(relation: Relation, input: InspectAndScoreInput, config: QualityConfig, warnings: string[]): Plan {
  const rules = rulesFor(config, relation.schema, relation.name);
  const tests = (input.tests ?? []).filter((test) => test.table?.toLowerCase() === relation.label.toLowerCase());
  const large = (relation.estimatedRows ?? 0) > smallTable;
  const keys: Plan["keys"] = [];
  const passed: string[][] = [];
  const taken = new Set<string>();
  const add = (columns: readonly string[], origin: "declared" | "tested", known: boolean) => {
    const own = columns.map((column) => columnOf(relation, column)?.name);
    const missing = columns.find((_, i) => own[i] === undefined);
    if (missing !== undefined || own.length === 0) {
      // A tested "column" may be an expression: then only its test counts.
      if (origin === "declared") {
        warnings.push(`${relation.label}: the key (${columns.join(", ")}) names no column ${missing ?? ""} of it.`);
      }
      return;
    }
    const names = own as string[];
    const id = [...names].sort().join("\0");
    if (taken.has(id)) return;
    taken.add(id);
    if (known) passed.push(names);
    else keys.push({ columns: names, origin });
  };
  for (const key of rules.keys ?? []) add(key, "declared", false);
  for (const test of tests) {
    const columns = columnsOf(test);
    if (test.kind === "unique" && columns.length > 0) add(columns, "tested", large && test.status === "pass");
  }
  const named = rules.timeColumn === undefined ? undefined : columnOf(relation, rules.timeColumn);
  const moments = (rules.timeColumn === undefined ? relation.columns : named ? [named] : []).filter((c) =>
    isMoment(c.type),
  );
  if (rules.maxAgeHours !== undefined && moments.length === 0) {
    const what = rules.timeColumn === undefined ? "it has no column" : `${rules.timeColumn} is no column`;
    warnings.push(`${relation.label}: ${what} with a date or time, so freshness is not judged.`);
  }
  const judged = rules.anomalies !== "off" || (rules.maxAgeHours !== undefined && rules.stale !== "off");
  const times = judged ? moments.map((column) => column.name) : [];
  return {
    relation,
    keys,
    passed,
    tests,
    times,
    request: {
      relation,
      keys: keys.map((key) => key.columns),
      wholeRows: taken.size === 0 && relation.type === "table" && !large,
      times,
      ...(input.figures && { figures: { rows: relation.likelyRows } }),
    },
  };
}

interface Scoring {
  input: InspectAndScoreInput;
  config: QualityConfig;
  now: Date;
  /** Collects what is stale or unusual. */
  findings: Finding[];
}

function scoreTable(plan: Plan, seen: Overview, { input, config, now, findings }: Scoring): TableQuality {
  const { relation } = plan;
  const rules = rulesFor(config, relation.schema, relation.name);
  const told = (input.freshness ?? []).filter(({ table }) => table.toLowerCase() === relation.label.toLowerCase());
  const freshness = tableFreshness(relation, rules, { times: plan.times, seen, told, now });
  const facts = factsOf(plan, seen, input, rules.optionalColumns ?? [], freshness);
  const unlike =
    rules.anomalies === "off" || seen.rows === null
      ? []
      : anomaliesOf(relation, rules.anomalies, {
          rows: seen.rows,
          newest: freshness.newest,
          now: now.getTime(),
          history: input.history?.[relation.label] ?? [],
        });
  findings.push(...freshness.findings, ...unlike);
  const fatal =
    seen.rows === null
      ? { text: `it cannot be read: ${seen.error?.split("\n", 1)[0] ?? ""}`, query: facts.countQuery }
      : seen.rows === 0 && !rules.mayBeEmpty
        ? {
            text: "it is empty; if that is as it should be, set `may_be_empty` for it in lab.yml",
            query: facts.countQuery,
          }
        : undefined;
  const found = facts.keys.map((key) => key.duplicates);
  return {
    schema: relation.schema,
    name: relation.name,
    type: relation.type,
    rows: seen.rows,
    columns: relation.columns.length,
    nulls: seen.nulls.reduce((sum, n) => sum + n, 0),
    duplicates: found.length === 0 ? null : Math.max(...found),
    error: seen.error,
    keys: [...plan.keys, ...plan.passed.map((columns) => ({ columns, origin: "tested" as const }))],
    newest: freshness.newest,
    unusual: unlike.some(({ kind }) => kind === "volume"),
    figures: seen.figures,
    ...scoreChecks(checksOf(facts), rules.weights, fatal),
  };
}

function factsOf(
  plan: Plan,
  seen: Overview,
  input: InspectAndScoreInput,
  optional: readonly string[],
  freshness: TableFreshness,
): TableFacts {
  const { relation, tests } = plan;
  const lower = (names: readonly string[]) => new Set(names.map((name) => name.toLowerCase()));
  const notNull = tests.filter((test) => test.kind === "not_null").flatMap(columnsOf);
  const required = lower([...notNull, ...plan.keys.flatMap((key) => key.columns), ...plan.passed.flat()]);
  const free = lower(optional);
  const rows = seen.rows ?? 0;
  const keys: TableFacts["keys"] = plan.keys.map((key, i) => ({
    ...key,
    rows: seen.keys[i]?.rows ?? 0,
    duplicates: seen.keys[i]?.duplicates ?? 0,
    query: duplicatesQuery(relation, key.columns),
  }));
  for (const columns of plan.passed) {
    keys.push({ columns, origin: "tested", rows, duplicates: 0, query: duplicatesQuery(relation, columns) });
  }
  if (seen.copies !== null) {
    keys.push({ columns: [], origin: "row", rows, duplicates: seen.copies, query: copiesQuery(relation) });
  }
  const load = input.loads?.find((l) => l.table.toLowerCase() === relation.label.toLowerCase());
  return {
    rows: seen.rows,
    columns: relation.columns.map((column, i) => ({
      name: column.name,
      nulls: seen.nulls[i] ?? 0,
      kind: free.has(column.name.toLowerCase())
        ? "optional"
        : !column.nullable || required.has(column.name.toLowerCase())
          ? "required"
          : "plain",
      query: `SELECT * FROM ${relation.sql} WHERE ${quoteIdentifier(column.name)} IS NULL`,
    })),
    keys,
    tests,
    freshness: freshness.facts,
    ...(load && { load }),
    history: (input.history?.[relation.label] ?? []).map((earlier) => earlier.rows),
    countQuery: `SELECT count(*) FROM ${relation.sql}`,
  };
}

const columnsOf = ({ column, columns }: TestOutcome): string[] => columns ?? (column ? [column] : []);

function scoreOtherTests(tests: readonly TestOutcome[], config: QualityConfig): Score {
  const facts: TableFacts = {
    rows: 0,
    columns: [],
    keys: [],
    tests: [...tests],
    freshness: [],
    history: [],
    countQuery: "",
  };
  return scoreChecks(checksOf(facts), { ...defaultWeights, ...config.weights });
}

/** What the ledger keeps of a score beside the number. */
export interface ScoreDetail {
  parts: Score["parts"];
  notCounted: Score["notCounted"];
  /** Of a table. */
  keys?: TableQuality["keys"];
  newest?: number | null;
  unusual?: true;
}

export interface ScoreRow {
  scope: "lab" | "layer" | "table";
  /** Lab's name, schema or `schema.table`. */
  name: string;
  score: number;
  rows?: number;
  parts: ScoreDetail;
}

/** The scores of a lab as rows for the ledger: `for (const row of scoreRows(lab, quality)) run.score(row)`. */
export function scoreRows(lab: string, quality: LabQuality): ScoreRow[] {
  const row = (scope: ScoreRow["scope"], name: string, of: Score, rows: number | null, table?: TableQuality) =>
    of.score === null
      ? []
      : [
          {
            scope,
            name,
            score: of.score,
            ...(rows !== null && { rows }),
            parts: {
              parts: of.parts,
              notCounted: of.notCounted,
              ...(table && {
                keys: table.keys,
                ...(table.newest !== null && { newest: table.newest }),
                ...(table.unusual && { unusual: true as const }),
              }),
            },
          },
        ];
  return [
    ...row("lab", lab, quality, null),
    ...quality.layers.flatMap((layer) => row("layer", layer.schema, layer, layer.rows)),
    ...quality.tables.flatMap((table) => row("table", `${table.schema}.${table.name}`, table, table.rows, table)),
  ];
}

/** The figures of a lab's tables for the ledger: `for (const { name, data } of profileRows(quality)) run.profile(name, data)`. */
export const profileRows = (quality: LabQuality): { name: string; data: TableFigures }[] =>
  quality.tables.flatMap(({ schema, name, rows, figures }) =>
    rows === null || figures.length === 0 ? [] : [{ name: `${schema}.${name}`, data: packFigures(rows, figures) }],
  );

/** What earlier runs saw of each table, newest first, out of scores that were kept (newest run first). */
export function tableHistory(
  scores: Iterable<{ scope?: string; name: string; time: string; rows?: number | null; parts?: unknown }>,
): Record<string, SeenTable[]> {
  const history: Record<string, SeenTable[]> = {};
  for (const { scope = "table", name, time, rows, parts } of scores) {
    if (scope !== "table" || rows === null || rows === undefined) continue;
    const { newest, unusual } = (parts ?? {}) as ScoreDetail;
    (history[name] ??= []).push({
      time: Date.parse(time),
      rows,
      ...(newest !== undefined && { newest }),
      ...(unusual && { unusual }),
    });
  }
  return history;
}
