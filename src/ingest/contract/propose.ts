import { type Connection, quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import { isCode } from "./convert.ts";
import type { ContractColumn } from "./types.ts";

/** Formats that are tried when no value is ISO; a column gets one only when exactly one fits every value. */
export const dateFormats = [
  "%m/%d/%Y",
  "%d/%m/%Y",
  "%d.%m.%Y",
  "%d-%m-%Y",
  "%m-%d-%Y",
  "%Y/%m/%d",
  "%d %b %Y",
  "%d-%b-%Y",
];
const timeParts = [" %H:%M", " %H:%M:%S"];

interface Rule {
  type: string;
  format?: string;
  /** SQL condition over a value `v` that is not null. */
  fits(v: string): string;
}

const matches = (pattern: string) => (v: string) => `regexp_full_match(${v}, ${quoteLiteral(pattern)})`;
const castable = (type: string, pattern: string) => (v: string) =>
  `(${matches(pattern)(v)} AND try_cast(${v} AS ${type}) IS NOT NULL)`;

/** A double has 17 digits at most and ends at 1.8e308: what it would cut or make infinite stays text. */
const keptByDouble = (v: string) =>
  `isfinite(try_cast(${v} AS DOUBLE)) AND (length(${v}) <= 18 OR length(ltrim(regexp_replace(${v}, '[eE].*|[^0-9]', '', 'g'), '0')) <= 17)`;

/** From narrow to wide; the first that every value of a column fits is its type. Numbers with leading zeros stay text: they are names. */
const rules: Rule[] = [
  { type: "BOOLEAN", fits: (v) => `lower(${v}) IN ('true', 'false')` },
  { type: "BIGINT", fits: matches("-?(0|[1-9][0-9]{0,17})") },
  {
    type: "DOUBLE",
    fits: (v) =>
      `(${matches("-?((0|[1-9][0-9]{0,14})(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]{1,3})?")(v)} AND ${keptByDouble(v)} AND NOT ${isCode(v)})`,
  },
  { type: "DATE", fits: castable("DATE", "[0-9]{4}-[0-9]{2}-[0-9]{2}") },
  {
    type: "TIMESTAMP",
    fits: castable("TIMESTAMP", "[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?Z?)?"),
  },
  {
    type: "TIMESTAMP WITH TIME ZONE",
    fits: castable(
      "TIMESTAMPTZ",
      "[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)",
    ),
  },
  { type: "TIME", fits: castable("TIME", "[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?") },
  ...formatted("DATE", dateFormats),
  ...formatted(
    "TIMESTAMP",
    dateFormats.flatMap((date) => timeParts.map((time) => date + time)),
  ),
];

/** Rules for what is written as ISO or programs write it. */
export const plainRules = rules.filter((rule) => rule.format === undefined);

function formatted(type: string, formats: string[]): Rule[] {
  return formats.map((format) => ({
    type,
    format,
    fits: (v) => `(try_strptime(${v}, ${quoteLiteral(format)}) IS NOT NULL AND regexp_matches(${v}, '[0-9]{4}'))`,
  }));
}

/**
 * Types for columns whose values lie as text in `relation`, by reading all of it. The first thousand rows rule most types
 * out, so that the whole is asked only what is still open. Columns without any value become VARCHAR.
 */
export async function proposeTypes(
  connection: Connection,
  relation: string,
  names: string[],
): Promise<ContractColumn[]> {
  const first = await fitting(connection, relation, names, plainRules);
  const open = names.filter((_, i) => first[i]?.length === 0);
  const looksDated = open.length === 0 ? [] : await withDigits(connection, relation, open);
  const special = rules.filter((rule) => rule.format !== undefined);
  const second = looksDated.length === 0 ? [] : await fitting(connection, relation, looksDated, special);
  return names.map((name, i) => {
    const rule = first[i]?.[0];
    if (rule) return { name, type: rule.type, nullable: true };
    const dated = second[looksDated.indexOf(name)] ?? [];
    const only = dated.length === 1 ? dated[0] : undefined;
    // Two formats that both fit (is 2/3 in February or in March?) are no knowledge: such a column stays text.
    if (only?.format) return { name, type: only.type, nullable: true, format: only.format };
    return { name, type: "VARCHAR", nullable: true };
  });
}

/** For each column the rules that all its values fit; none for a column without values. */
async function fitting(connection: Connection, relation: string, names: string[], tried: Rule[]): Promise<Rule[][]> {
  const early = await judge(
    connection,
    (some) => `(SELECT ${some.map(quoteIdentifier).join(", ")} FROM ${relation} LIMIT 1000)`,
    names,
    names.map(() => tried),
  );
  const possible = early.map((answers) => tried.filter((_, i) => answers[i] !== false));
  const late = await judge(connection, () => relation, names, possible);
  return possible.map((left, i) => left.filter((_, k) => late[i]?.[k] === true));
}

/** Planning grows faster than the columns do: two thousand in one statement take six seconds. */
const columnsInOneStatement = 200;

/** Whether all values of a column fit a rule, for each column and each of its rules; null when there are no values. */
async function judge(
  connection: Connection,
  relation: (names: string[]) => string,
  names: string[],
  tried: Rule[][],
): Promise<(boolean | null)[][]> {
  const answers: (boolean | null)[][] = [];
  for (let at = 0; at < names.length; at += columnsInOneStatement) {
    const end = at + columnsInOneStatement;
    answers.push(
      ...(await judgeSome(connection, relation(names.slice(at, end)), names.slice(at, end), tried.slice(at, end))),
    );
  }
  return answers;
}

async function judgeSome(
  connection: Connection,
  relation: string,
  names: string[],
  tried: Rule[][],
): Promise<(boolean | null)[][]> {
  const flags = names.map((name, i) => {
    const v = quoteIdentifier(name);
    // An aggregate ignores nulls by itself; a column of nulls gives null, which fits nothing.
    const tests = (tried[i] ?? []).map((rule) => `bool_and(CASE WHEN ${v} IS NOT NULL THEN ${rule.fits(v)} END)`);
    return `[${[...tests, "count(*) >= 0"].join(", ")}]`;
  });
  const { rows } = await connection.query(`SELECT to_json([${flags.join(", ")}]) FROM ${relation}`);
  return JSON.parse(String(rows[0]?.[0])) as (boolean | null)[][];
}

/** Columns in which every value has the digits and length of a date. */
async function withDigits(connection: Connection, relation: string, names: string[]): Promise<string[]> {
  const tests = names.map((name) => {
    const v = quoteIdentifier(name);
    return `bool_and(CASE WHEN ${v} IS NOT NULL THEN length(${v}) BETWEEN 8 AND 20 AND ${matches("[0-9].*")(v)} END)`;
  });
  const { rows } = await connection.query(`SELECT to_json([${tests.join(", ")}]) FROM ${relation}`);
  const answers = JSON.parse(String(rows[0]?.[0])) as (boolean | null)[];
  return names.filter((_, i) => answers[i] === true);
}
