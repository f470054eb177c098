import { type Connection, quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import { isCode } from "./convert.ts";
import { dateFormats, plainRules } from "./propose.ts";

/** Types that a text column may have missed by a few values, from narrow to wide. */
const tried = plainRules.filter(({ type }) => ["BIGINT", "DOUBLE", "DATE", "TIMESTAMP"].includes(type));
const commaNumber = "-?[0-9]{1,15},[0-9]+|-?(0|[1-9][0-9]{0,14})";
const sampleRows = 10_000;

interface Tally {
  name: string;
  /** Values that are not missing. */
  values: number;
  /** How many fit each of {@link tried}. */
  fitting: number[];
  /** How many are numbers with a decimal comma, or whole ones; and whether some have the comma. */
  commas: number;
  hasComma: boolean;
  /** How many fit each of {@link dateFormats}. */
  dated: number[];
}

/**
 * Why columns of text are no numbers or dates, where that is a matter of few values or of one setting; one sentence a column.
 * `relation` holds them as they were loaded. Types are not changed by it.
 */
export async function nearMisses(connection: Connection, relation: string, names: string[]): Promise<string[]> {
  const early = await tally(connection, `(FROM ${relation} LIMIT ${sampleRows})`, names);
  const likely = early.filter(({ values, fitting, commas, hasComma, dated }) => {
    const most = Math.max(...fitting, hasComma ? commas : 0, ...dated);
    return values >= 2 && most >= values * 0.8;
  });
  const all = await tally(
    connection,
    relation,
    likely.map(({ name }) => name),
  );
  const sentences: string[] = [];
  for (const column of all) {
    const sentence = commaOrDate(column) ?? (await almost(connection, relation, column));
    if (sentence !== undefined) sentences.push(sentence);
  }
  return sentences;
}

async function tally(connection: Connection, relation: string, names: string[]): Promise<Tally[]> {
  if (names.length === 0) return [];
  const counts = names.map((name) => {
    const v = quoteIdentifier(name);
    const count = (condition: string) => `count(*) FILTER (WHERE ${v} IS NOT NULL AND ${condition})`;
    const dated = dateFormats.map((format) => count(`try_strptime(${v}, ${quoteLiteral(format)}) IS NOT NULL`));
    const comma = count(`regexp_full_match(${v}, ${quoteLiteral(commaNumber)})`);
    const parts = [...tried.map(({ fits }) => count(fits(v))), comma, count(`contains(${v}, ',')`), ...dated];
    return `[count(${v}), ${parts.join(", ")}]`;
  });
  const { rows } = await connection.query(`SELECT to_json([${counts.join(", ")}]) FROM ${relation}`);
  return (JSON.parse(String(rows[0]?.[0])) as number[][]).map(([values = 0, ...rest], i) => ({
    name: names[i] ?? "",
    values,
    fitting: rest.slice(0, tried.length),
    commas: rest[tried.length] ?? 0,
    hasComma: (rest[tried.length + 1] ?? 0) > 0,
    dated: rest.slice(tried.length + 2),
  }));
}

/** All values are one kind of thing, and lab.yml must say which. */
function commaOrDate({ name, values, commas, hasComma, dated }: Tally): string | undefined {
  if (hasComma && commas === values)
    return `\`${name}\` is text; if its commas are decimal commas, say \`decimal_separator: ","\` and the column's type (\`${name}: DOUBLE\`) in lab.yml.`;
  const formats = dateFormats.filter((_, i) => values > 0 && dated[i] === values);
  if (formats.length > 1)
    return `\`${name}\` is text: all its dates can be read as ${formats.map((format) => `\`${format}\``).join(" and as ")}. Say which with \`${name}: {type: DATE, format: "…"}\` in lab.yml.`;
  return undefined;
}

/** All values but a few are of one type. */
async function almost(connection: Connection, relation: string, column: Tally): Promise<string | undefined> {
  const { name, values, fitting } = column;
  const most = Math.max(...fitting);
  const rule = tried[fitting.indexOf(most)];
  const others = values - most;
  if (!rule || others === 0 || others > Math.max(1, Math.min(100, values * 0.1))) return undefined;
  const v = quoteIdentifier(name);
  const { rows } = await connection.query(
    `SELECT to_json(any_value(${v})), bool_or(${isCode(v)}) FROM ${relation} WHERE ${v} IS NOT NULL AND NOT ${rule.fits(v)}`,
  );
  // Codes are right as text.
  if (rows[0]?.[1] === true) return undefined;
  const example = String(rows[0]?.[0]).slice(0, 80);
  return `\`${name}\` is text because of ${others} of its ${values} values, such as ${example}. Declare \`${name}: ${rule.type}\` in lab.yml and load with --full-refresh: such rows go to quarantine then.`;
}
