import type { Value } from "#jinja/index.ts";
import type { AgateTypeName } from "./agate-type.ts";
import { CsvScanner } from "./csv-scan.ts";
import type { Places } from "./decimal-text.ts";
import { adapterError } from "./errors.ts";
import {
  castField,
  isNull,
  numberDigits,
  readBoolean,
  readDate,
  readDateTime,
  readIsoDateTime,
  strip,
} from "./seed-values.ts";
import { AgateTable, deduplicate, type TableOptions } from "./table.ts";

export interface SeedOptions extends TableOptions {
  delimiter?: string;
  /** The seed's `column_types`; such columns stay text. Names that the header does not have are ignored. */
  columnTypes?: Record<string, unknown>;
}

const numbers = 1;
const dates = 2;
const datetimes = 4;
const isos = 8;
const booleans = 16;
const everything = numbers | dates | datetimes | isos | booleans;

type FieldType = Parameters<typeof castField>[1];

/** What a column can still be after the values read so far. */
class Hypothesis {
  mask: number;
  seen = false;
  readonly forced: boolean;
  whole = 1;
  decimal = 0;
  constructor(forced: boolean) {
    this.forced = forced;
    this.mask = forced ? 0 : everything;
  }

  test(field: string): void {
    this.seen = true;
    const text = strip(field);
    if (isNull(text)) return;
    if (this.mask & numbers) {
      const digits = numberDigits(text);
      if (digits === undefined) this.mask &= ~numbers;
      else {
        // a number is no date and no boolean
        this.mask = numbers;
        if (digits !== null) this.#widen(digits);
        return;
      }
    }
    if (this.mask & dates && readDate(text) === undefined) this.mask &= ~dates;
    if (this.mask & datetimes && readDateTime(text) === undefined) this.mask &= ~datetimes;
    if (this.mask & isos && readIsoDateTime(text) === undefined) this.mask &= ~isos;
    if (this.mask & booleans && readBoolean(field) === undefined) this.mask &= ~booleans;
  }

  #widen({ whole, decimal }: Places): void {
    if (whole > this.whole) this.whole = whole;
    if (decimal > this.decimal) this.decimal = decimal;
  }

  /** The first type in dbt's order that takes every value. */
  type(): FieldType | "Integer" {
    if (this.forced) return "Text";
    if (!this.seen) return "Integer";
    if (this.mask & numbers) return "Number";
    if (this.mask & dates) return "Date";
    if (this.mask & datetimes) return "DateTime";
    if (this.mask & isos) return "ISO";
    return this.mask & booleans ? "Boolean" : "Text";
  }
}

/** The table of a seed's CSV file: types as dbt infers them, rows read from the text when they are asked for. */
export class SeedTable extends AgateTable {
  /** Names in `column_types` that no column has; dbt warns about them. */
  readonly unknownTypes: string[];
  readonly #columns: Hypothesis[];

  constructor(
    names: string[],
    columns: Hypothesis[],
    scanner: CsvScanner,
    offsets: number[],
    unknownTypes: string[],
    options: TableOptions,
  ) {
    const types = columns.map((column) => column.type());
    const fieldTypes = types.map((type): FieldType => (type === "Integer" ? "Text" : type));
    const values = (i: number): Value[] => {
      const record = scanner.recordAt(offsets[i] as number);
      return fieldTypes.map((type, j) => {
        const field = record[j];
        return field === undefined ? null : castField(field, type);
      });
    };
    const shown = types.map((type): AgateTypeName => (type === "ISO" ? "DateTime" : type));
    super(names, shown, { count: offsets.length, values }, options);
    this.#columns = columns;
    this.unknownTypes = unknownTypes;
  }

  override numberPlaces(column: number): Iterable<Places> {
    const { whole, decimal } = this.#columns[column] as Hypothesis;
    return [{ whole, decimal }];
  }
}

/**
 * Reads a seed as dbt does with agate. `text` is the whole file.
 * Errors: DBA-001 when a row has more values than there are columns, or the file has no header.
 */
export function readSeedTable(text: string, options: SeedOptions = {}): SeedTable {
  const { delimiter = ",", columnTypes = {}, ...tableOptions } = options;
  if (delimiter.length !== 1) {
    throw adapterError("compilation", {
      message: `"delimiter" must be a 1-character string, got '${delimiter}'`,
      hint: "Set the seed's config `delimiter` to one character.",
    });
  }
  let body = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  if (body.includes("\r")) body = body.replace(/\r\n?/g, "\n");
  const scanner = new CsvScanner(body, delimiter);
  if (!scanner.next()) {
    throw adapterError("compilation", {
      message: "The seed file is empty.",
      hint: "Give it a first line with the names of its columns.",
    });
  }
  const names = deduplicate(scanner.fields());
  const columns = names.map((name) => new Hypothesis(Object.hasOwn(columnTypes, name)));
  const offsets = inferTypes(scanner, columns);
  const unknownTypes = Object.keys(columnTypes).filter((name) => !names.includes(name));
  return new SeedTable(names, columns, scanner, offsets, unknownTypes, tableOptions);
}

/** Tests every value of every column; gives the position of each row. */
function inferTypes(scanner: CsvScanner, columns: Hypothesis[]): number[] {
  const offsets: number[] = [];
  for (let at = scanner.position; scanner.next(); at = scanner.position) {
    const { count } = scanner;
    if (count > columns.length) {
      const message = `Row ${offsets.length} has ${count} values, but Table only has ${columns.length} columns.`;
      throw adapterError("compilation", {
        message,
        hint: "Quote values that contain the delimiter, or name the columns that are missing.",
      });
    }
    for (let i = 0; i < count; i++) {
      const column = columns[i] as Hypothesis;
      if (column.mask !== 0 || !column.seen) column.test(scanner.field(i));
    }
    offsets.push(at);
  }
  return offsets;
}
