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

/** A value has the digits and length of a date, whatever its format. */
const looksDated: Rule = {
  type: "DATE",
  fits: (v) => `(length(${v}) BETWEEN 8 AND 20 AND ${matches("[0-9].*")(v)})`,
};

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
 * Types for columns whose values lie as text in `relation`, by reading all of it. The first rows rule most types
 * out, so that the whole is asked only what is still open. Columns without any value become VARCHAR.
 */
export async function proposeTypes(
  connection: Connection,
  relation: string,
  names: string[],
): Promise<ContractColumn[]> {
  const first = await fitting(connection, relation, names, plainRules);
  const open = names.filter((_, i) => first[i]?.length === 0);
  const digits = await judge(
    connection,
    () => relation,
    open,
    open.map(() => [looksDated]),
  );
  const maybe = open.filter((_, i) => digits[i]?.[0] === true);
  const special = rules.filter((rule) => rule.format !== undefined);
  const second = await fitting(connection, relation, maybe, special);
  const places = new Map(maybe.map((name, i) => [name, i]));
  return names.map((name, i) => {
    const rule = first[i]?.[0];
    if (rule) return { name, type: rule.type, nullable: true };
    const dated = second[places.get(name) ?? -1] ?? [];
    const only = dated.length === 1 ? dated[0] : undefined;
    // Two formats that both fit (is 2/3 in February or in March?) are no knowledge: such a column stays text.
    if (only?.format) return { name, type: only.type, nullable: true, format: only.format };
    return { name, type: "VARCHAR", nullable: true };
  });
}

/** A thousand rows rule out most types; of wide tables fewer, for they are asked everything. */
const earlyRows = (columns: number) => Math.max(20, Math.min(1_000, Math.floor(200_000 / columns)));

/** For each column the rules that all its values fit; none for a column without values. */
async function fitting(connection: Connection, relation: string, names: string[], tried: Rule[]): Promise<Rule[][]> {
  const early = await judge(
    connection,
    (some) => `(SELECT ${some.map(quoteIdentifier).join(", ")} FROM ${relation} LIMIT ${earlyRows(names.length)})`,
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
function judge(
  connection: Connection,
  relation: (names: string[]) => string,
  names: string[],
  tried: Rule[][],
): Promise<(boolean | null)[][]> {
  return names.length > columnsInOneStatement
    ? judgeMany(connection, relation, names, tried)
    : names.length === 0
      ? Promise.resolve([])
      : judgeSome(connection, relation(names), names, tried);
}

/** Values of this many columns stand below each other at once; more need more memory. */
const columnsUnpivoted = 1_000;

/** As {@link judge}, for so many columns that each must not bring conditions of its own: all values become one column. */
async function judgeMany(
  connection: Connection,
  relation: (names: string[]) => string,
  names: string[],
  tried: Rule[][],
): Promise<(boolean | null)[][]> {
  const answers: (boolean | null)[][] = tried.map((rules) => rules.map(() => null));
  const alike = Map.groupBy(names.keys(), (i) => tried[i]?.map((rule) => rules.indexOf(rule)).join());
  for (const places of alike.values()) {
    const asked = tried[places[0] ?? 0] ?? [];
    for (let at = 0; asked.length > 0 && at < places.length; at += columnsUnpivoted) {
      const some = places.slice(at, at + columnsUnpivoted);
      const picked = some.map((i) => names[i] ?? "");
      const { rows } = await connection.query(
        `SELECT place, to_json([${asked.map((rule) => `bool_and(${rule.fits("v")})`).join(", ")}])
         FROM (SELECT unnest(range(${some.length})) AS place, unnest([${picked.map(quoteIdentifier).join(", ")}]) AS v FROM ${relation(picked)})
         WHERE v IS NOT NULL GROUP BY place`,
      );
      for (const [place, fits] of rows) answers[some[Number(place)] ?? -1] = JSON.parse(String(fits)) as boolean[];
    }
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
