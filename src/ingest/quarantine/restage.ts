import { type Connection, quoteLiteral } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import { headerAgain, headerNames, isHeaderAgain, matchHeader } from "../contract/header.ts";
import type { Contract } from "../contract/types.ts";
import { RecordReader } from "../csv/records.ts";
import { stagedJson, stageJson } from "../formats/json.ts";
import { problemOf } from "../load/careful.ts";
import { temporaryFolder, writeStream } from "../load/input.ts";
import { typedFromText, type TypedRows } from "../load/typed.ts";
import { restageRecords } from "../records/restage.ts";

const stage = "labs_replay";

/** A row to try again. */
export interface Candidate {
  record: number;
  row: string;
}

/**
 * Rows as they came (or as somebody has corrected them) as typed rows of the contract. `names`: the columns of their file
 * in its order. Temporary tables stay behind; the next call replaces them.
 */
export async function restage(
  connection: Connection,
  source: SourceConfig,
  contract: Contract,
  names: string[],
  rows: Candidate[],
): Promise<TypedRows> {
  if (source.path.length === 0) return restageRecords(connection, source, contract, rows);
  // A column that the contract lacks is discarded where that is the policy; anywhere else its rows wait for it.
  const drift = source.drift === "discard_columns" ? source.drift : "quarantine_rows";
  const quiet = { ...source, drift } as const;
  if (source.format === "json" || source.format === "parquet") {
    await withFile(
      rows.map(({ record, row }) => [String(record), row]),
      (relation) => stageJson(connection, relation),
      ["_record", "_raw"],
    );
    const staged = await stagedJson(connection, source, source.name, rows.length);
    return staged.typed(contract, matchHeader(staged.names, contract, quiet, source.name, "", true));
  }
  const match = matchHeader(headerNames(names, source.name), contract, quiet, source.name, "", true);
  const width = match.names.length;
  const lines = rows.map(({ record, row }) => {
    const { problem, fields } =
      source.format === "excel" ? cellsOf(row, match.names) : fieldsOf(row, contract, match.names);
    const values = Array.from({ length: width }, (_, i) => (problem === "" ? (fields[i] ?? "") : ""));
    return [String(record), problem, row, ...values];
  });
  const columns = ["_record", "_problem", "_raw", ...match.names.map((_, i) => `f${i}`)];
  const nulls = contract.nullValues.map(quoteLiteral).join(", ");
  const texts = match.names.map((_, i) => `CASE WHEN f${i} NOT IN (${nulls || "''"}) THEN f${i} END AS f${i}`);
  await withFile(
    lines,
    (relation) =>
      connection.run(
        `CREATE OR REPLACE TEMP TABLE ${stage} AS SELECT _record, _problem, _raw${texts.map((text) => `, ${text}`).join("")} FROM ${relation}`,
      ),
    columns,
  );
  const byName = new Map(contract.columns.map((column) => [column.name, column]));
  const fields = match.names.flatMap((name, i) => {
    const column = byName.get(name);
    return column ? [{ column, field: `f${i}` }] : [];
  });
  return typedFromText(
    stage,
    fields,
    source.format === "excel" ? { ...contract, decimalSeparator: "." } : contract,
    match,
  );
}

/** The fields of a row in the contract's dialect. */
function fieldsOf(row: string, contract: Contract, names: string[]): { problem: string; fields: string[] } {
  const reader = new RecordReader(contract.dialect, true);
  const records = [...reader.push(`${row}\n`), ...reader.end()].filter(({ raw }) => raw !== "");
  const [record] = records;
  if (!record) return { problem: "an empty row", fields: [] };
  if (records.length > 1) return { problem: `${records.length} rows in place of one`, fields: [] };
  return {
    problem: problemOf(record, names, record.fields.length === names.length + 1 && record.fields[names.length] === ""),
    fields: record.fields,
  };
}

/** The cells of a workbook's row, written as a JSON list. */
function cellsOf(row: string, names: string[]): { problem: string; fields: string[] } {
  try {
    const cells = JSON.parse(row) as unknown;
    if (!Array.isArray(cells)) return { problem: "no JSON list of cells", fields: [] };
    const fields = cells.map((cell) => (cell === null ? "" : String(cell)));
    const used = fields.findLastIndex((text) => text !== "") + 1;
    const width = names.length;
    const again = isHeaderAgain(fields.slice(0, used), names) ? headerAgain : "";
    return { problem: used > width ? `too many fields: ${used} instead of ${width}` : again, fields };
  } catch {
    return { problem: "no JSON list of cells", fields: [] };
  }
}

/** Hands DuckDB rows of text as a relation with `_record` as a number. */
async function withFile(rows: string[][], use: (relation: string) => Promise<void>, columns: string[]): Promise<void> {
  const folder = temporaryFolder();
  try {
    const file = `${folder.path}/rows.csv`;
    let longest = 0;
    await writeStream(
      file,
      lines(rows, (length) => (longest = Math.max(longest, length))),
    );
    const typed = columns.map((name) => `'${name}': '${name === "_record" ? "BIGINT" : "VARCHAR"}'`);
    await use(
      `read_csv(${quoteLiteral(file)}, auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', nullstr = '',
        new_line = '\\n', max_line_size = ${Math.max(2 << 20, longest * 4)}, columns = {${typed.join(", ")}})`,
    );
  } finally {
    folder.dispose();
  }
}

async function* lines(rows: string[][], seen: (length: number) => void): AsyncGenerator<string> {
  for (const row of rows) {
    const line = `${row.map((text) => (text === "" ? "" : `"${text.replaceAll('"', '""')}"`)).join(",")}\n`;
    seen(line.length);
    yield line;
  }
}
