import { PyObject, repr, type Value } from "#jinja/index.ts";
import { adapterError } from "./errors.ts";
import { bound, hostFunction, method, type HostMethods } from "./object.ts";

const stringTypes = new Set(["text", "character varying", "character", "varchar"]);
const floatTypes = new Set(["real", "float", "float4", "float8", "double"]);
const integerTypes = new Set(
  "tinyint smallint integer bigint hugeint utinyint usmallint uinteger ubigint int1 int2 int4 int8 short int signed long".split(
    " ",
  ),
);
const numericTypes = new Set(["numeric", "decimal"]);

/** dbt's `DuckDBColumn`: name and type of a column as a database or a contract names them. */
export class AdapterColumn extends PyObject {
  readonly pyType = "DuckDBColumn";
  override get pyModule(): string {
    return "dbt.adapters.duckdb.column";
  }
  readonly column: string;
  readonly dtype: string;
  readonly charSize: number | null;
  readonly numericPrecision: Value;
  readonly numericScale: Value;
  /** Fields of a STRUCT, read from its type. */
  readonly fields: AdapterColumn[];

  constructor(
    column: string,
    dtype: string,
    charSize: number | null = null,
    precision: Value = null,
    scale: Value = null,
  ) {
    super();
    this.column = column;
    this.dtype = dtype;
    this.charSize = charSize;
    this.numericPrecision = precision;
    this.numericScale = scale;
    this.fields = structFields(dtype);
  }

  static translateType(dtype: string): string {
    return dtype.toUpperCase() === "STRING" ? "TEXT" : dtype;
  }
  static create(name: string, dtype: string): AdapterColumn {
    return new AdapterColumn(name, AdapterColumn.translateType(dtype));
  }
  /** `decimal(5,2)` and `varchar(10)` taken apart. Errors: DBA-004 for sizes that are no numbers. */
  static fromDescription(name: string, described: string): AdapterColumn {
    const match = /^([^(]+)(?:\(([^)]+)\))?/.exec(described);
    if (match === null) throw adapterError("runtime", `Could not interpret data type "${described}"`);
    const sizes = match[2]?.split(",").map((part) => {
      if (/^\s*[+-]?\d+\s*$/.test(part)) return Number(part);
      const reason = `could not convert "${part}" to an integer`;
      throw adapterError("runtime", `Could not interpret data_type "${described}": ${reason}`);
    });
    const dtype = match[1] as string;
    if (sizes?.length === 1) return new AdapterColumn(name, dtype, sizes[0]);
    if (sizes?.length === 2) return new AdapterColumn(name, dtype, null, sizes[0], sizes[1]);
    return new AdapterColumn(name, dtype);
  }

  get name(): string {
    return this.column;
  }
  get quoted(): string {
    return `"${this.column}"`;
  }
  get dataType(): string {
    if (this.isString()) return `character varying(${this.stringSize()})`;
    return this.isNumeric() ? numericType(this.dtype, this.numericPrecision, this.numericScale) : this.dtype;
  }
  isString(): boolean {
    return stringTypes.has(this.dtype.toLowerCase());
  }
  isNumeric(): boolean {
    return numericTypes.has(this.dtype.toLowerCase());
  }
  isInteger(): boolean {
    return integerTypes.has(this.dtype.toLowerCase());
  }
  isFloat(): boolean {
    return floatTypes.has(this.dtype.toLowerCase());
  }
  isNumber(): boolean {
    return this.isInteger() || this.isNumeric() || this.isFloat();
  }
  isStruct(): boolean {
    return this.dtype.toLowerCase().startsWith("struct");
  }
  stringSize(): number {
    if (!this.isString()) throw adapterError("runtime", "Called string_size() on non-string field!");
    return this.dtype === "text" || this.charSize === null ? 256 : this.charSize;
  }
  canExpandTo(other: AdapterColumn): boolean {
    return this.isString() && other.isString() && other.stringSize() > this.stringSize();
  }
  /** The leaves of a STRUCT as `a.b` columns; every other column as it is. */
  flatten(): AdapterColumn[] {
    if (!this.isStruct()) return [this];
    const leaves = this.fields.flatMap((field) => field.flatten());
    return leaves.map((leaf) => new AdapterColumn(`${this.column}.${leaf.column}`, leaf.dtype));
  }

  override repr(): string {
    const parts: [string, Value][] = [
      ["column", this.column],
      ["dtype", this.dtype],
      ["char_size", this.charSize],
      ["numeric_precision", this.numericPrecision],
      ["numeric_scale", this.numericScale],
      ["fields", this.fields],
    ];
    return `DuckDBColumn(${parts.map(([name, value]) => `${name}=${repr(value)}`).join(", ")})`;
  }
  override equals(other: Value): boolean {
    return other instanceof AdapterColumn && other.repr() === this.repr();
  }
  override hash(): unknown {
    throw adapterError("compilation", "unhashable type: 'DuckDBColumn'");
  }
  override toPlain(): unknown {
    return { column: this.column, dtype: this.dtype };
  }
  override getAttr(name: string): Value | undefined {
    switch (name) {
      case "name":
      case "column":
        return this.column;
      case "dtype":
        return this.dtype;
      case "quoted":
        return this.quoted;
      case "data_type":
      case "expanded_data_type":
        return this.dataType;
      case "char_size":
        return this.charSize;
      case "numeric_precision":
        return this.numericPrecision;
      case "numeric_scale":
        return this.numericScale;
      case "fields":
        return this.fields;
      default:
        return bound(this, name, methods) ?? columnStatics.get(name);
    }
  }
}

export function numericType(dtype: string, precision: Value, scale: Value): string {
  return precision === null || scale === null ? dtype : `${dtype}(${String(precision)},${String(scale)})`;
}

/** Splits `STRUCT(a INTEGER, b DECIMAL(3,1))` at the commas outside of parentheses; a field's name ends at its first space, as in dbt. */
function structFields(dtype: string): AdapterColumn[] {
  const content = /^STRUCT\((.*)\)/i.exec(dtype)?.[1];
  if (content === undefined) return [];
  const parts: string[] = [];
  let depth = 0;
  let current = "";
  for (const char of content) {
    if (char === "(") depth++;
    else if (char === ")") depth--;
    if (char === "," && depth === 0) {
      parts.push(current.trim());
      current = "";
    } else current += char;
  }
  parts.push(current.trim());
  return parts.map((part) => {
    const space = part.indexOf(" ");
    return new AdapterColumn(part.slice(0, space), part.slice(space + 1));
  });
}

const methods: HostMethods<AdapterColumn> = {
  is_string: method([], (self) => self.isString()),
  is_number: method([], (self) => self.isNumber()),
  is_numeric: method([], (self) => self.isNumeric()),
  is_integer: method([], (self) => self.isInteger()),
  is_float: method([], (self) => self.isFloat()),
  is_struct: method([], (self) => self.isStruct()),
  string_size: method([], (self) => self.stringSize()),
  flatten: method([], (self) => self.flatten()),
  can_expand_to: method(["other_column"], (self, other) => other instanceof AdapterColumn && self.canExpandTo(other)),
  literal: method(
    ["value"],
    (self, value) => `${typeof value === "string" ? value : repr(value ?? null)}::${self.dataType}`,
  ),
};

const text = (value: Value | undefined): string => (typeof value === "string" ? value : repr(value ?? null));

/** What both the class and its columns offer. */
const columnStatics: ReadonlyMap<string, Value> = new Map(
  Object.entries({
    create: hostFunction("create", ["name", "label_or_dtype"], (name, dtype) =>
      AdapterColumn.create(text(name), text(dtype)),
    ),
    translate_type: hostFunction("translate_type", ["dtype"], (dtype) => AdapterColumn.translateType(text(dtype))),
    string_type: hostFunction("string_type", ["size"], (size) => `character varying(${text(size)})`),
    numeric_type: hostFunction(
      "numeric_type",
      ["dtype", "precision", "scale"],
      (dtype, precision = null, scale = null) => numericType(text(dtype), precision, scale),
    ),
    from_description: hostFunction("from_description", ["name", "raw_data_type"], (name, type) =>
      AdapterColumn.fromDescription(text(name), text(type)),
    ),
  }),
);

/** `api.Column`: the class as templates see it; calling it makes a column. */
export class ColumnClass extends PyObject {
  readonly pyType = "type";
  override get callable(): boolean {
    return true;
  }
  override call = hostFunction(
    "DuckDBColumn.__init__",
    ["column", "dtype", "char_size?", "numeric_precision?", "numeric_scale?"],
    (column, dtype, size = null, precision = null, scale = null) =>
      new AdapterColumn(text(column), text(dtype), size === null ? null : Number(size), precision, scale),
  ).run;
  override getAttr(name: string): Value | undefined {
    return columnStatics.get(name);
  }
  override repr(): string {
    return "<class 'dbt.adapters.duckdb.column.DuckDBColumn'>";
  }
}
