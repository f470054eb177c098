import { hashKey, PyObject, PyTuple, sortBy, type Value } from "#jinja/index.ts";
import { agateType, type AgateTypeName } from "./agate-type.ts";
import type { Places } from "./decimal-text.ts";
import { MappedSequence, Row, Sequence } from "./mapped-sequence.ts";
import { bound, method, type HostMethods } from "./object.ts";

/** How a table reaches the outside. */
export interface TableOptions {
  /** Where `print_table()` and its like write. */
  print?: (text: string) => void;
  /** The session's time zone, for TIMESTAMP WITH TIME ZONE. */
  timeZone?: string;
}

/** Rows by position, so that a table of a million rows need not hold them as objects. */
export interface RowSource {
  readonly count: number;
  values(i: number): readonly Value[];
}

export const rowsOf = (rows: readonly (readonly Value[])[]): RowSource => ({
  count: rows.length,
  values: (i) => rows[i] as readonly Value[],
});

/** A column: its values, read by position, with name, index and type. */
export class TableColumn extends MappedSequence {
  override get pyType(): string {
    return "Column";
  }
  override get pyModule(): string {
    return "agate.columns";
  }
  readonly index: number;
  readonly name: string;
  readonly type: AgateTypeName;
  readonly #rows: RowSource;
  #values: Value[] | undefined;
  constructor(index: number, name: string, type: AgateTypeName, rows: RowSource) {
    super();
    this.index = index;
    this.name = name;
    this.type = type;
    this.#rows = rows;
  }
  override items(): readonly Value[] {
    this.#values ??= Array.from({ length: this.#rows.count }, (_, i) => this.#rows.values(i)[this.index] ?? null);
    return this.#values;
  }
  override names(): null {
    return null;
  }
  override length(): number {
    return this.#rows.count;
  }
  override getAttr(name: string): Value | undefined {
    switch (name) {
      case "name":
        return this.name;
      case "index":
        return this.index;
      case "data_type":
        return agateType(this.type);
      default:
        return bound(this as TableColumn, name, columnMethods) ?? super.getAttr(name);
    }
  }
}

const withoutNulls = (column: TableColumn): Value[] => column.items().filter((value) => value !== null);

/** Sorted as Python sorts, None last. */
function sorted(values: readonly Value[]): Value[] {
  const some = sortBy(
    values.filter((value) => value !== null),
    (value) => value,
  );
  return [...some, ...values.filter((value) => value === null)];
}

const columnMethods: HostMethods<TableColumn> = {
  values_distinct: method([], (self) => {
    const seen = new Map(self.items().map((value) => [hashKey(value), value]));
    return new PyTuple([...seen.values()]);
  }),
  values_without_nulls: method([], (self) => new PyTuple(withoutNulls(self))),
  values_sorted: method([], (self) => sorted(self.items())),
  values_without_nulls_sorted: method([], (self) => sorted(withoutNulls(self))),
};

/** Names, types and rows of a table: what its rendering and its operations work on. */
export abstract class TableData extends PyObject {
  readonly pyType = "Table";
  override get pyModule(): string {
    return "agate.table";
  }
  readonly columnNames: readonly string[];
  readonly columnTypes: readonly AgateTypeName[];
  readonly source: RowSource;
  readonly options: TableOptions;
  readonly #cache = new Map<number, Row>();
  #rows: Sequence | undefined;
  #columns: Sequence | undefined;

  constructor(
    names: readonly string[],
    types: readonly AgateTypeName[],
    source: RowSource,
    options: TableOptions = {},
  ) {
    super();
    this.columnNames = names;
    this.columnTypes = types;
    this.source = source;
    this.options = options;
  }

  /** Digits of a Number column's values where they are already known, so that they need not be read again. */
  numberPlaces?(column: number): Iterable<Places>;

  get rowCount(): number {
    return this.source.count;
  }
  row(i: number): Row {
    let row = this.#cache.get(i);
    if (row === undefined) this.#cache.set(i, (row = new Row(this.source.values(i), this.columnNames)));
    return row;
  }
  get rows(): Sequence {
    this.#rows ??= new Sequence(() => Array.from({ length: this.rowCount }, (_, i) => this.row(i)), null);
    return this.#rows;
  }
  get columns(): Sequence {
    this.#columns ??= new Sequence(
      () => this.columnNames.map((name, i) => new TableColumn(i, name, this.columnTypes[i] ?? "Text", this.source)),
      this.columnNames,
    );
    return this.#columns;
  }
  column(i: number): TableColumn {
    return this.columns.items()[i] as TableColumn;
  }

  override getItem(key: Value): Value | undefined {
    return this.rows.getItem(key);
  }
  override iterate(): Iterable<Value> {
    return this.rows.items();
  }
  override length(): number {
    return this.rowCount;
  }
  override truthy(): boolean {
    return this.rowCount > 0;
  }
  override get isSequence(): boolean {
    return true;
  }
  override repr(): string {
    return "<agate.table.Table object at 0x7f0000000000>";
  }
  protected property(name: string): Value | undefined {
    switch (name) {
      case "rows":
        return this.rows;
      case "columns":
        return this.columns;
      case "column_names":
        return new PyTuple(this.columnNames);
      case "column_types":
        return new PyTuple(this.columnTypes.map(agateType));
      case "row_names":
        return null;
      default:
        return undefined;
    }
  }
}
