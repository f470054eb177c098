import { NumberText } from "./parse-record.ts";

/** What the values of a column were, as bits. */
export const kinds = { boolean: 1, integer: 2, long: 4, huge: 8, double: 16, string: 32, json: 64 } as const;

/** A column as records had it. */
export interface ObservedColumn {
  name: string;
  /** `c0`, `c1` …: its name while it is staged. */
  staged: string;
  /** Sum of {@link kinds}; 0: only nulls so far. */
  kinds: number;
  /** Length of the longest text. */
  longest: number;
}

/** Names that the tables use themselves. */
const taken = new Set(["_load", "_row", "_wins", "_raw", "_file", "_load_id", "_loaded_at"]);

/** More columns than this come from names that are data. */
export const mostColumns = 2000;

export interface ShapeOptions {
  levels: number;
  /** Texts that mean a missing value. */
  nullValues: string[];
  /** Columns (lower case) that the contract has: an object under such a name stays whole. */
  known: ReadonlySet<string>;
  /** Those of them whose type is JSON. */
  json: ReadonlySet<string>;
  /** Those whose type is TIMESTAMP: times with an offset are written as UTC, because DuckDB would drop the offset. */
  utc: ReadonlySet<string>;
}

/** One record as columns: staged names and texts, and why it cannot be a row. */
export interface Shaped {
  values: [string, string][];
  problem?: string;
}

/** Makes flat rows of records and remembers what columns there were and what was in them. */
export class RecordShape {
  #columns = new Map<string, ObservedColumn>();
  readonly #options: ShapeOptions;

  constructor(options: ShapeOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#columns.size;
  }

  get columns(): ObservedColumn[] {
    return [...this.#columns.values()];
  }

  copy(): RecordShape {
    const copy = new RecordShape(this.#options);
    copy.#columns = new Map([...this.#columns].map(([key, column]) => [key, { ...column }]));
    return copy;
  }

  add(record: unknown): Shaped {
    if (record === null) return { values: [], problem: "the record is null" };
    const values: [string, string][] = [];
    const names = new Map<string, string>();
    let problem: string | undefined;
    const put = (path: string, value: unknown) => {
      const column = this.#column(path);
      const other = names.get(column.staged);
      if (other !== undefined) problem = `two fields make the column ${column.name}: ${other} and ${path}`;
      names.set(column.staged, path);
      const text = this.#text(column, value);
      if (text !== undefined) values.push([column.staged, text]);
    };
    const walk = (fields: Record<string, unknown>, prefix: string, level: number) => {
      for (const [key, value] of Object.entries(fields)) {
        const path = prefix === "" ? key : `${prefix}_${key}`;
        if (isNested(value) && level < this.#options.levels && !this.#options.known.has(path.toLowerCase())) {
          walk(value, path, level + 1);
        } else put(path, value);
      }
    };
    if (isFields(record)) walk(record, "", 0);
    else put("value", record);
    return { values, ...(problem !== undefined && { problem }) };
  }

  #column(path: string): ObservedColumn {
    const plain = path.trim() === "" ? "unnamed" : path.trim();
    const name = taken.has(plain.toLowerCase()) || /^_labs_/i.test(plain) ? `${plain}_` : plain;
    const key = name.toLowerCase();
    let column = this.#columns.get(key);
    if (!column) {
      column = { name, staged: `c${this.#columns.size}`, kinds: 0, longest: 0 };
      this.#columns.set(key, column);
    }
    return column;
  }

  #text(column: ObservedColumn, value: unknown): string | undefined {
    if (value === null || value === undefined) return undefined;
    const isJson = this.#options.json.has(column.name.toLowerCase());
    const [kind, text] = textOf(value);
    if (this.#options.nullValues.includes(text)) return undefined;
    column.kinds |= kind;
    if (text.length > column.longest) column.longest = text.length;
    if (isJson && kind !== kinds.json) return JSON.stringify(value);
    return kind === kinds.string && this.#options.utc.has(column.name.toLowerCase()) ? inUtc(text) : text;
  }
}

const isFields = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof NumberText);

const isNested = (value: unknown): value is Record<string, unknown> => isFields(value) && Object.keys(value).length > 0;

function textOf(value: unknown): [kind: number, text: string] {
  if (typeof value === "string") return [kinds.string, value];
  if (typeof value === "boolean") return [kinds.boolean, String(value)];
  if (typeof value === "number") return [Number.isSafeInteger(value) ? kinds.integer : kinds.double, String(value)];
  if (value instanceof NumberText) return [numberKind(value.text), value.text];
  return [kinds.json, JSON.stringify(value)];
}

function numberKind(text: string): number {
  if (!/^-?[0-9]+$/.test(text)) return kinds.double;
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? kinds.long : kinds.huge;
}

/** DuckDB's type of what a column held, or undefined when only its texts can tell (dates and times). */
export function typeOf(observed: number): string | undefined {
  const { boolean, integer, long, double, string, json } = kinds;
  const only = (allowed: number) => (observed & ~allowed) === 0;
  if (observed === 0) return "VARCHAR";
  if (observed === boolean) return "BOOLEAN";
  if (only(integer | long)) return "BIGINT";
  if (only(integer | double)) return "DOUBLE";
  if (observed === json) return "JSON";
  return observed === string ? undefined : "VARCHAR";
}

const withOffset = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?(\.\d+)?([+-]\d{2}):?(\d{2})?$/;

/** `2024-01-01T01:00:00+02:00` as `2023-12-31T23:00:00`; anything else as it is. */
function inUtc(text: string): string {
  const match = withOffset.exec(text);
  if (!match) return text;
  const [, day = "", minutes = "", seconds = ":00", fraction = "", hours = "", rest = "00"] = match;
  const ms = Date.parse(`${day}T${minutes}${seconds}${hours}:${rest}`);
  return Number.isNaN(ms) ? text : new Date(ms).toISOString().slice(0, 19) + fraction;
}
