import { readFileSync } from "node:fs";
import { quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import { requireNames } from "../contract/first-line.ts";
import { headerAgain, headerNames, isHeaderAgain } from "../contract/header.ts";
import { proposeTypes } from "../contract/propose.ts";
import { ingestErrors } from "../errors.ts";
import { temporaryFolder, writeStream } from "../load/input.ts";
import { typedFromText } from "../load/typed.ts";
import { type ErrorCell, errorCells } from "./excel-errors.ts";
import { otherKind, type Sheet, sheetsOf } from "./workbook.ts";
import type { ReadRequest, StagedFile } from "./staged.ts";

const stage = "labs_sheet";

/** A workbook is unpacked in memory, where it takes about ten times its size; larger data belongs into another format. */
const largest = 32 << 20;

type Cell = string | number | boolean | Date | null;

/**
 * Excel (.xlsx): one sheet, the first visible one with rows unless lab.yml names it; its first row that is not blank has the
 * column names.
 * Errors: ING-001 no rows, ING-004 header, ING-019 no workbook, no such sheet, or too large.
 */
export async function readExcel({ context, source, change }: ReadRequest): Promise<StagedFile> {
  const { connection, signal } = context;
  requireSmall(change.path, change.stat.bytes);
  const workbook = readFileSync(change.path);
  const sheets = sheetsOf(workbook);
  const { sheet, rows: all } = await pickSheet(change.path, workbook, sheets, source.sheet);
  if (source.sheet === undefined && sheet && sheets.length > 1)
    context.onEvent({ type: "note", source: source.name, file: change.name, text: sheetRead(sheet, sheets) });
  const errors = new Map<Cell[], ErrorCell[]>();
  for (const error of sheet ? errorCells(workbook, sheet.path) : []) {
    // Rows behind the last value are left out by the library.
    while (all.length <= error.row) all.push([]);
    const row = all[error.row] as Cell[];
    row[error.column] = error.text;
    errors.set(row, [...(errors.get(row) ?? []), error]);
  }
  const rows = all.slice(source.dialect.skipLines ?? 0).filter((row) => row.some((cell) => textOf(cell) !== ""));
  const header = source.dialect.header ?? true;
  const records = header ? rows.slice(1) : rows;
  if (records.length === 0) {
    throw ingestErrors.emptyFile({
      message: `${change.name} has no rows${source.sheet === undefined ? "" : ` in the sheet ${source.sheet}`}.`,
      place: { file: change.path },
      hint:
        source.sheet === undefined
          ? "Deliver it again, or name another sheet with `sheet:` in lab.yml."
          : "Deliver it again, or delete it.",
    });
  }
  // Sheets are as wide as their widest row: what has neither name nor value is no column.
  const first = (header ? rows[0] : []) ?? [];
  const width = rows.reduce((most, row) => Math.max(most, usedWidth(row)), 0);
  const named = header ? usedWidth(first) : width;
  const given = [...(source.columns?.keys() ?? [])];
  const fields = header ? first.slice(0, named).map(textOf) : Array.from({ length: width }, (_, i) => given[i] ?? "");
  const names = headerNames(fields, change.path);
  const wider = records.filter((row) => usedWidth(row) > names.length).length;
  if (header && wider * 2 > records.length && !source.columns && !context.contracts.has(source.name))
    throw linesAbove(change.path, names.length, wider, records.length);
  const nulls = ["", ...(source.dialect.nullValues ?? [])];
  const folder = temporaryFolder();
  try {
    const file = `${folder.path}/rows.csv`;
    await writeStream(file, lines(records, header ? names : names.map(() => ""), errors), signal);
    const columns = [
      "'_record': 'BIGINT'",
      "'_problem': 'VARCHAR'",
      "'_raw': 'VARCHAR'",
      ...names.map((_, i) => `'f${i}': 'VARCHAR'`),
    ];
    await connection.run(
      `CREATE OR REPLACE TEMP TABLE ${stage} AS SELECT * FROM read_csv(${quoteLiteral(file)}, auto_detect = false, header = false, delim = ',',
        quote = '"', escape = '"', nullstr = [${nulls.map(quoteLiteral).join(", ")}], new_line = '\\n', max_line_size = ${64 << 20}, columns = {${columns.join(", ")}})`,
    );
  } finally {
    folder.dispose();
  }
  return {
    names,
    records: records.length,
    optional: false,
    async propose(wanted) {
      const picked = names.map((name, i) => `f${i} AS ${quoteIdentifier(name)}`).join(", ");
      const columns = await proposeTypes(connection, `(SELECT ${picked} FROM ${stage} WHERE _problem IS NULL)`, wanted);
      if (source.dialect.header === undefined && !source.columns)
        requireNames(fields, columns, change.path, all.indexOf(first) + 1);
      return columns;
    },
    async typed(contract, match) {
      const byName = new Map(contract.columns.map((column) => [column.name, column]));
      const targets = match.names.flatMap((name, i) => {
        const column = byName.get(name);
        return column ? [{ column, field: `f${i}` }] : [];
      });
      return typedFromText(stage, targets, { ...contract, decimalSeparator: "." }, match);
    },
    dispose: () => connection.run(`DROP TABLE IF EXISTS ${stage}`),
  };
}

const refuse = (path: string, message: string, hint: string, cause?: unknown) =>
  ingestErrors.badDocument({ message, place: { file: path }, hint, ...(cause !== undefined && { cause }) });

function requireSmall(path: string, bytes: number): void {
  if (bytes <= largest) return;
  throw refuse(
    path,
    `${path} is a workbook of ${Math.round(bytes / (1 << 20))} MB; at most ${largest >> 20} MB are read.`,
    "Export the sheet as CSV or Parquet: they are read without holding them in memory.",
  );
}

/** The sheet that lab.yml names, else the first visible one in which anything stands, with its rows. */
async function pickSheet(path: string, workbook: Buffer, sheets: Sheet[], named: string | undefined) {
  const read = async (sheet: Sheet | undefined) => ({
    sheet,
    rows: await readRows(path, workbook, named ?? sheet?.position ?? 1),
  });
  if (named !== undefined) return read(sheets.find(({ name }) => name === named));
  const visible = sheets.filter(({ hidden }) => !hidden);
  const first = await read(visible[0] ?? sheets[0]);
  let picked = first;
  for (const next of visible.slice(1)) {
    if (picked.rows.some((row) => usedWidth(row) > 0)) return picked;
    picked = await read(next);
  }
  return picked.rows.some((row) => usedWidth(row) > 0) ? picked : first;
}

/** Which of several sheets was read, as nobody has said it. */
function sheetRead(sheet: Sheet, sheets: Sheet[]): string {
  const others = sheets.filter((other) => other !== sheet);
  const names = others.slice(0, 10).map(({ name, hidden }) => `\`${name}\`${hidden ? " (hidden)" : ""}`);
  const more = others.length > names.length ? ` and ${others.length - names.length} more` : "";
  return `the sheet \`${sheet.name}\` was read, not ${names.join(", ")}${more}; \`sheet:\` in lab.yml names another.`;
}

async function readRows(path: string, workbook: Buffer, sheet: string | number): Promise<Cell[][]> {
  const other = otherKind(workbook);
  if (other !== undefined) throw refuse(path, `${path} is ${other}.`, "Save it as .xlsx, without a password.");
  const { readSheet, SheetNotFoundError } = await import("read-excel-file/node");
  try {
    return (await readSheet(path, sheet, { trim: false })) as unknown as Cell[][];
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (error instanceof SheetNotFoundError)
      throw refuse(path, `${path}: ${text}.`, "Correct `sheet:` in lab.yml.", error);
    throw refuse(
      path,
      `${path} cannot be read as a workbook: ${text}.`,
      "Save it as .xlsx; the older .xls and protected workbooks cannot be read.",
      error,
    );
  }
}

/** A cell as text. Dates without a time of day are dates. */
function textOf(cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return "";
  if (!(cell instanceof Date)) return String(cell);
  if (Number.isNaN(cell.getTime())) return "";
  // Excel keeps times as fractions of a day: a millisecond beside a full second is a rounding error.
  const second = Math.round(cell.getTime() / 1000) * 1000;
  const exact = Math.abs(cell.getTime() - second) <= 2 ? new Date(second) : cell;
  const [day = "", time = ""] = exact.toISOString().split("T");
  const clock = time.replace("Z", "").replace(/\.000$/, "");
  return clock === "00:00:00" ? day : `${day} ${clock}`;
}

function usedWidth(row: Cell[]): number {
  let width = row.length;
  while (width > 0 && textOf(row[width - 1]) === "") width--;
  return width;
}

const quoted = (text: string): string => (text === "" ? "" : `"${text.replaceAll('"', '""')}"`);

const linesAbove = (path: string, named: number, wider: number, rows: number) =>
  ingestErrors.badHeader({
    message: `The first row names ${named} ${named === 1 ? "column" : "columns"}, but ${wider} of the ${rows} rows below it have more cells.`,
    place: { file: path, line: 1 },
    hint: "Say `skip_lines` for the source in lab.yml when a title stands above the header, or name every column.",
  });

/** Number, problem, the row as a JSON list, and its cells. */
async function* lines(
  records: Cell[][],
  names: string[],
  errors: ReadonlyMap<Cell[], ErrorCell[]>,
): AsyncGenerator<string> {
  const width = names.length;
  for (const [i, row] of records.entries()) {
    const used = usedWidth(row);
    const cells = row.slice(0, Math.max(used, width)).map(textOf);
    const broken = (errors.get(row) ?? []).map(({ cell, text }) => `the formula in ${cell} failed: ${text}`);
    const again = isHeaderAgain(cells.slice(0, used), names) ? headerAgain : "";
    const problem = used > width ? `too many fields: ${used} instead of ${width}` : again || broken.join("; ");
    const fields = Array.from({ length: width }, (_, k) => quoted(problem === "" ? (cells[k] ?? "") : ""));
    yield `${i + 1},${quoted(problem)},${quoted(JSON.stringify(cells))},${fields.join(",")}\n`;
  }
}
