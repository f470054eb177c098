import { type Connection, quoteLiteral } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import { type HeaderMatch, headerAgain, isHeaderAgain } from "../contract/header.ts";
import type { Contract } from "../contract/types.ts";
import { type CsvRecord, RecordReader } from "../csv/records.ts";
import { textStream } from "../csv/encoding.ts";
import type { Attempt, Counts } from "./context.ts";
import { type Input, temporaryFolder, writeStream } from "./input.ts";
import type { LoadMark } from "./rejects.ts";
import { settleRows } from "./settle-rows.ts";
import { type TextField, typedFromText } from "./typed.ts";

/** Longest record in UTF-16 units that is loaded; the fast reader stops at two million bytes as well. */
const longest = 2_000_000;

export const stage = "labs_careful";

/**
 * The slow and certain way, for files that the fast reader cannot account for: our own reader splits the records, every
 * value is converted from text, and what does not fit without loss goes to quarantine.
 * Runs inside the load's transaction. Returns rows read, loaded and quarantined.
 */
export async function loadCareful(
  connection: Connection,
  source: SourceConfig,
  { input, contract, match }: Pick<Attempt, "input" | "contract" | "match">,
  mark: LoadMark,
  options: { trailing: boolean; now: number; signal?: AbortSignal },
): Promise<Counts> {
  const read = await stageRecords(connection, input, contract, match.names, options.trailing, options.signal);
  const typed = typedFromText(stage, fieldsOf(contract, match), contract, match);
  const settled = await settleRows(connection, source, typed, mark, { read, now: options.now });
  await connection.run(`DROP TABLE ${stage}`);
  return { read, ...settled };
}

/** The staged fields by the columns they hold. */
export function fieldsOf(contract: Contract, match: Pick<HeaderMatch, "names">): TextField[] {
  const byName = new Map(contract.columns.map((column) => [column.name, column]));
  return match.names.flatMap((name, i) => {
    const column = byName.get(name);
    return column ? [{ column, field: `f${i}` }] : [];
  });
}

/**
 * Puts every record into the temporary table {@link stage}: `_record`, `_problem` (null for a good one), `_raw`, and its
 * fields as text, `f0`, `f1` …. `trailing`: every row ends with a delimiter. Returns how many there are.
 */
export async function stageRecords(
  connection: Connection,
  input: Input,
  contract: Contract,
  names: string[],
  trailing: boolean,
  signal?: AbortSignal,
): Promise<number> {
  const folder = temporaryFolder();
  try {
    const file = `${folder.path}/records.csv`;
    let read = 0;
    await writeStream(
      file,
      normalized(input, contract, names, trailing, () => read++),
      signal,
    );
    const texts = ["_problem", "_raw", ...names.map((_, i) => `f${i}`)];
    const typed = ["'_record': 'BIGINT'", ...texts.map((name) => `'${name}': 'VARCHAR'`)];
    const nulls = contract.nullValues.map(quoteLiteral).join(", ");
    await connection.run(
      `CREATE OR REPLACE TEMP TABLE ${stage} AS SELECT * FROM read_csv(${quoteLiteral(file)}, auto_detect = false, header = false,
        delim = ',', quote = '"', escape = '"', nullstr = [${nulls}], new_line = '\\n', max_line_size = ${longest * 8}, columns = {${typed.join(", ")}})`,
    );
    return read;
  } finally {
    folder.dispose();
  }
}

/** Every record of the input in the plainest CSV: number, problem, text as it came, fields. */
async function* normalized(
  input: Input,
  contract: Contract,
  names: string[],
  trailing: boolean,
  count: () => void,
): AsyncGenerator<string> {
  const width = names.length;
  const reader = new RecordReader(contract.dialect, width === 1);
  let header = contract.header;
  const line = (record: CsvRecord): string => {
    const number = record.number - (contract.header ? 1 : 0) + input.offset;
    count();
    const problem = problemOf(record, contract.header ? names : names.map(() => ""), trailing);
    const raw = record.raw.length > longest ? `${record.raw.slice(0, 10_000)}…` : record.raw;
    const fields = problem === "" ? record.fields.slice(0, width) : Array.from({ length: width }, () => "");
    return `${number},${quoted(problem)},${quoted(raw)},${fields.map(quoted).join(",")}\n`;
  };
  const lines = (records: CsvRecord[]): string => {
    let text = "";
    for (const record of records) {
      if (header) header = false;
      else text += line(record);
    }
    return text;
  };
  for await (const text of textStream(input.path, input.form)) {
    const out = lines(reader.push(text));
    if (out !== "") yield out;
  }
  const rest = lines(reader.end());
  if (rest !== "") yield rest;
}

/** Why a record cannot be a row of a file with these columns; empty when it can. `trailing`: rows end with a delimiter. */
export function problemOf(record: CsvRecord, names: string[], trailing: boolean): string {
  const width = names.length;
  if (record.problem === "unterminated quote") return "a quote that is never closed";
  if (record.problem === "text after closing quote") return "a quote that is not closed where the field ends";
  if (record.raw.length > longest) return `a line longer than ${longest} characters`;
  const found = record.fields.length;
  if (found < width) return `too few fields: ${found} instead of ${width}`;
  if (trailing && found === width + 1 && record.fields[width] === "") return "";
  if (found === width && isHeaderAgain(record.fields, names)) return headerAgain;
  if (found > width) return `too many fields: ${found} instead of ${width}`;
  return "";
}

const quoted = (text: string): string => (text === "" ? "" : `"${text.replaceAll('"', '""')}"`);
