import type { QueryResult } from "#duck/index.ts";
import {
  compare,
  equals,
  hashKey,
  PyDict,
  PyObject,
  PyTuple,
  str,
  truthy,
  toArray,
  type MaybePromise,
  type Value,
} from "#jinja/index.ts";
import { castCell, columnType, type AgateTypeName } from "./agate-type.ts";
import { adapterError } from "./errors.ts";
import { cellReader } from "./from-duckdb.ts";
import { Row, Sequence } from "./mapped-sequence.ts";
import { bound, method, type HostMethods } from "./object.ts";
import { asNumber, atMidnight } from "./py.ts";
import { renderStructure, renderTable } from "./render-table.ts";
import { rowsOf, TableData, type TableOptions } from "./table-data.ts";
import { tableToCsv, tableToJson } from "./table-text.ts";

export type { TableOptions } from "./table-data.ts";

type Rows = readonly (readonly Value[])[];

/** An agate Table as templates see it. Immutable: every operation gives a new one. */
export class AgateTable extends TableData {
  /** The same columns with other rows. */
  fork(rows: Rows): AgateTable {
    return new AgateTable(this.columnNames, this.columnTypes, rowsOf(rows), this.options);
  }
  /** Only these columns, in this order. Errors: DBA-001 for a name that is not there. */
  select(names: readonly string[]): AgateTable {
    const positions = names.map((name) => this.position(name));
    const types = positions.map((i) => this.columnTypes[i] as AgateTypeName);
    const { source } = this;
    const rows = { count: source.count, values: (i: number) => positions.map((p) => source.values(i)[p] ?? null) };
    return new AgateTable(names, types, rows, this.options);
  }
  exclude(names: readonly string[]): AgateTable {
    return this.select(this.columnNames.filter((name) => !names.includes(name)));
  }
  rename(names: readonly string[]): AgateTable {
    return new AgateTable(deduplicate(names), this.columnTypes, this.source, this.options);
  }
  slice(from: number, to: number): AgateTable {
    return this.fork(this.allRows().slice(from, to));
  }
  position(name: string): number {
    const i = this.columnNames.indexOf(name);
    if (i >= 0) return i;
    throw adapterError("compilation", {
      message: `The table has no column '${name}'.`,
      hint: `It has: ${this.columnNames.join(", ")}.`,
    });
  }
  allRows(): Rows {
    return Array.from({ length: this.rowCount }, (_, i) => this.source.values(i));
  }

  /** Datetimes as text, for callers that cannot send them otherwise. */
  datetimesAsText(): AgateTable {
    const types = this.columnTypes.map((type): AgateTypeName => (type === "DateTime" ? "Text" : type));
    const rows = this.allRows().map((row) =>
      row.map((value, i) => (this.columnTypes[i] === "DateTime" ? (value === null ? "None" : str(value)) : value)),
    );
    return new AgateTable(this.columnNames, types, rowsOf(rows), this.options);
  }

  override str(): string {
    return renderStructure(this);
  }
  override getAttr(name: string): Value | undefined {
    return this.property(name) ?? bound(this as AgateTable, name, methods);
  }
  override equals(other: Value): boolean {
    return this === other;
  }
}

/** A table without columns and rows, for statements whose result nobody asked for. */
export const emptyTable = (): AgateTable => new AgateTable([], [], rowsOf([]));

/** The rows of a query as Python values, with types inferred by dbt's rules. */
export function tableFromResult(result: QueryResult, options: TableOptions = {}): AgateTable {
  const names = resultNames(result.columns.map(({ name }) => name));
  const zone = options.timeZone ?? "UTC";
  const columns = result.columns.map(({ type }, i) => {
    const read = cellReader(type, zone);
    const cells = result.rows.map((row) => read(row[i] ?? null));
    const inferred = columnType(cells);
    return { inferred, values: cells.map((cell) => castCell(cell, inferred, conversions)) };
  });
  const rows = result.rows.map((_, i) => columns.map(({ values }) => values[i] ?? null));
  return new AgateTable(
    names,
    columns.map(({ inferred }) => inferred),
    rowsOf(rows),
    options,
  );
}

const conversions = { number: asNumber, midnight: atMidnight, text: str };

/** dbt's renaming of repeated columns: the second `a` is `a_2`. */
function resultNames(names: readonly string[]): string[] {
  const counts = new Map<string, number>();
  const renamed = names.map((name) => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count === 1 ? name : `${name}_${count}`;
  });
  return deduplicate(renamed);
}

/** agate's: an empty name becomes a letter, a repeated one gets the next free `_2`. */
export function deduplicate(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((given, i) => {
    const base = given || "abcdefghijklmnopqrstuvwxyz".charAt(i % 26).repeat(Math.floor(i / 26) + 1);
    let name = base;
    for (let n = 2; taken.has(name); n++) name = `${base}_${n}`;
    taken.add(name);
    return name;
  });
}

/** A column name or a list of them. */
const namesOf = (key: Value): string[] => (typeof key === "string" ? [key] : toArray(key).map(str));

type Test = (row: Row) => MaybePromise<Value>;
function rowFunction(value: Value): Test | undefined {
  return value instanceof PyObject && value.callable ? (row) => value.call([row], new Map()) : undefined;
}

/** The rows for which a test written in Jinja is true; it may call the database. */
async function filter(table: AgateTable, test: Test): Promise<number[]> {
  const kept: number[] = [];
  for (let i = 0; i < table.rowCount; i++) if (truthy(await test(table.row(i)))) kept.push(i);
  return kept;
}

const needTest = (value: Value): Test => {
  const test = rowFunction(value);
  if (test === undefined) throw adapterError("compilation", "TypeError: the test must be a macro that takes a row");
  return test;
};

/** Orders None behind everything else, as agate does. */
function compareKeys(a: readonly Value[], b: readonly Value[]): number {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] ?? null, b[i] ?? null];
    if (x === null || y === null) {
      if (x === y) continue;
      return x === null ? 1 : -1;
    }
    if (equals(x, y)) continue;
    return compare("<", x, y) ? -1 : 1;
  }
  return 0;
}

function orderBy(table: AgateTable, key: Value, reverse: boolean): AgateTable {
  const positions = namesOf(key).map((name) => table.position(name));
  const keyed = table.allRows().map((row) => ({ row, key: positions.map((p) => row[p] ?? null) }));
  // Python sorts the reversed list and reverses it again, which keeps equal rows in their order
  if (reverse) keyed.reverse();
  keyed.sort((a, b) => compareKeys(a.key, b.key));
  if (reverse) keyed.reverse();
  return table.fork(keyed.map(({ row }) => row));
}

function distinct(table: AgateTable, key: Value): AgateTable {
  const positions =
    key === null ? table.columnNames.map((_, i) => i) : namesOf(key).map((name) => table.position(name));
  const seen = new Set<unknown>();
  return table.fork(
    table.allRows().filter((row) => {
      const hash = hashKey(new PyTuple(positions.map((p) => row[p] ?? null)));
      return seen.has(hash) ? false : seen.add(hash);
    }),
  );
}

function groupBy(table: AgateTable, key: string): Value {
  const position = table.position(key);
  const groups = new PyDict();
  const members = new Map<unknown, Value[][]>();
  for (const row of table.allRows()) {
    const value = row[position] ?? null;
    const hash = hashKey(value);
    const found = members.get(hash);
    if (found) found.push(row as Value[]);
    else {
      members.set(hash, [row as Value[]]);
      groups.set(value, null);
    }
  }
  const tables = [...members.values()].map((rows) => table.fork(rows));
  [...groups.keys()].forEach((name, i) => groups.set(name, tables[i] as Value));
  return new TableSet(groups);
}

/** What `group_by` gives: tables by the value of the column, in order of first appearance. */
class TableSet extends Sequence {
  override get pyType(): string {
    return "TableSet";
  }
  override get pyModule(): string {
    return "agate.tableset";
  }
  readonly groups: PyDict;
  constructor(groups: PyDict) {
    super([...groups.values()], [...groups.keys()].map(str));
    this.groups = groups;
  }
  override named(name: Value): Value | undefined {
    return this.groups.get(name);
  }
  override getAttr(name: string): Value | undefined {
    if (name === "keys")
      return bound(this.groups, "keys", { keys: method([], (groups: PyDict) => new PyTuple([...groups.keys()])) });
    if (name === "items") {
      return bound(this.groups, "items", {
        items: method([], (groups: PyDict) => new PyTuple([...groups.entries()].map((pair) => new PyTuple(pair)))),
      });
    }
    return super.getAttr(name);
  }
}

/** Rows of several tables one below the other, with every column that any of them has. */
export function mergeTables(tables: readonly AgateTable[]): AgateTable {
  const types = new Map<string, AgateTypeName>();
  for (const table of tables) {
    table.columnNames.forEach((name, i) => {
      const own = table.columnTypes[i] as AgateTypeName;
      const known = types.get(name);
      const allNull = table
        .column(i)
        .items()
        .every((value) => value === null);
      if (known === undefined || (known === "Integer" && !allNull)) types.set(name, own);
    });
  }
  const names = [...types.keys()];
  const rows = tables.flatMap((table) =>
    table.allRows().map((row) => names.map((name) => row[table.columnNames.indexOf(name)] ?? null)),
  );
  return new AgateTable(names, [...types.values()], rowsOf(rows), tables[0]?.options);
}

const numberOr = (value: Value | undefined, fallback: number | null): number | null =>
  value === undefined ? fallback : value === null ? null : Number(str(value));

function write(table: AgateTable, text: string): null {
  table.options.print?.(text);
  return null;
}

const noFiles = (what: string) =>
  adapterError("unsupported", {
    message: `${what}() of a table cannot write files here.`,
    hint: "Write the rows with a COPY … TO statement instead.",
  });

const methods: HostMethods<AgateTable> = {
  select: method(["key"], (self, key = null) => self.select(namesOf(key))),
  exclude: method(["key"], (self, key = null) => self.exclude(namesOf(key))),
  where: method(["test"], async (self, test = null) => {
    const kept = await filter(self, needTest(test));
    return self.fork(kept.map((i) => self.source.values(i)));
  }),
  find: method(["test"], async (self, test = null) => {
    const [first] = await filter(self, needTest(test));
    return first === undefined ? null : self.row(first);
  }),
  order_by: method(["key", "reverse?"], (self, key = null, reverse = false) => orderBy(self, key, truthy(reverse))),
  limit: method(["start_or_stop?", "stop?", "step?"], (self, first = null, stop = null, step = null) => {
    const bounds = stop !== null || step !== null ? [first, stop, step] : [null, first, null];
    const [from, to, by] = bounds.map((b) => (b === null ? null : Number(str(b))));
    const rows = self.allRows().slice(from ?? 0, to ?? undefined);
    return self.fork(by ? rows.filter((_, i) => i % by === 0) : rows);
  }),
  rename: method(["column_names?", "row_names?", "slug_columns?", "slug_rows?"], (self, names = null) => {
    if (names instanceof PyDict) return self.rename(self.columnNames.map((name) => str(names.get(name) ?? name)));
    return names === null ? self : self.rename(namesOf(names));
  }),
  distinct: method(["key?"], (self, key = null) => distinct(self, key)),
  group_by: method(["key", "key_name?", "key_type?"], (self, key = null) => groupBy(self, str(key))),
  merge: method(["tables", "row_names?", "column_names?"], (_self, tables = null) =>
    mergeTables(toArray(tables).filter((t) => t instanceof AgateTable)),
  ),
  print_table: method(
    ["max_rows?", "max_columns?", "output?", "max_column_width?", "locale?", "max_precision?"],
    (self, maxRows, maxColumns, _output, width, _locale, precision) =>
      write(
        self,
        renderTable(self, {
          maxRows: numberOr(maxRows, 20),
          maxColumns: numberOr(maxColumns, 6),
          maxColumnWidth: numberOr(width, 20),
          maxPrecision: numberOr(precision, 3),
        }),
      ),
  ),
  print_structure: method(["output?", "max_rows?"], (self) => write(self, renderStructure(self))),
  print_csv: method([], (self) => write(self, tableToCsv(self))),
  print_json: method([], (self) => write(self, tableToJson(self))),
  to_csv: method(["path?"], () => {
    throw noFiles("to_csv");
  }),
  to_json: method(["path?", "key?", "newline?", "indent?"], () => {
    throw noFiles("to_json");
  }),
};
