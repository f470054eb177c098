import { PyDict, repr, str, type Value } from "#jinja/index.ts";
import { field, isTrue, listOf } from "./arguments.ts";
import { adapterError } from "./errors.ts";

const kinds = ["check", "not_null", "unique", "primary_key", "foreign_key", "custom"] as const;
type Kind = (typeof kinds)[number];

interface Constraint {
  type: Kind;
  name: string | null;
  expression: string | null;
  to: string | null;
  toColumns: string[];
  columns: string[];
}

const columnKeys = ["type", "name", "expression", "warn_unenforced", "warn_unsupported", "to", "to_columns"];
const modelKeys = [...columnKeys, "columns"];

/** Errors: DBA-005 for a constraint without a known type, with values of the wrong kind or with other keys. */
function parse(raw: Value, keys: readonly string[]): Constraint {
  const text = (key: string): string | null => {
    const value = field(raw, key);
    if (value === null || typeof value === "string") return value;
    throw invalid(raw);
  };
  const type = text("type") as Kind | null;
  if (!(raw instanceof PyDict) || type === null || !kinds.includes(type)) throw invalid(raw);
  for (const key of raw.keys()) if (!keys.includes(str(key))) throw invalid(raw);
  return {
    type,
    name: text("name"),
    expression: text("expression"),
    to: text("to"),
    toColumns: listOf(field(raw, "to_columns")).map(str),
    columns: listOf(field(raw, "columns")).map(str),
  };
}

const invalid = (raw: Value) =>
  adapterError("validation", {
    message: `Could not parse constraint: ${repr(raw)}`,
    hint: `A constraint needs a type, one of ${kinds.join(", ")}.`,
  });

/** DuckDB cannot name another database in REFERENCES: the first of three parts is left out. */
function localName(to: string): string {
  const parts = to.split(".");
  return parts.length > 2 ? parts.slice(1).join(".") : to;
}

function columnConstraint({ type, expression, to, toColumns }: Constraint): string | null {
  const extra = expression ?? "";
  switch (type) {
    case "check":
      return extra ? `check (${extra})` : null;
    case "not_null":
      return `not null ${extra}`.trim();
    case "unique":
      return `unique ${extra}`.trim();
    case "primary_key":
      return `primary key ${extra}`.trim();
    case "foreign_key":
      return to && toColumns.length > 0
        ? `references ${localName(to)} (${toColumns.join(", ")})`
        : `references ${expression ?? "None"}`;
    default:
      return extra.trim() || null;
  }
}

/** DDL of the columns of a contract: `id integer not null primary key`. `columns` is the dict of a node's columns. */
export function renderColumns(columns: Value): string[] {
  if (!(columns instanceof PyDict)) return [];
  return [...columns.values()].map((column) => {
    const name = str(field(column, "name"));
    const words = [`${isTrue(field(column, "quote")) ? `"${name}"` : name} ${str(field(column, "data_type"))}`];
    for (const raw of listOf(field(column, "constraints"))) {
      const rendered = columnConstraint(parse(raw, columnKeys));
      if (rendered !== null) words.push(rendered);
    }
    return words.join(" ");
  });
}

function modelConstraint({ type, name, expression, to, toColumns, columns }: Constraint): string | null {
  const prefix = name ? `constraint ${name} ` : "";
  const list = columns.join(", ");
  const extra = expression ? ` ${expression}` : "";
  switch (type) {
    case "check":
      return expression ? `${prefix}check (${expression})` : null;
    case "unique":
      return `${prefix}unique${extra} (${list})`;
    case "primary_key":
      return `${prefix}primary key${extra} (${list})`;
    case "foreign_key":
      if (to && toColumns.length > 0)
        return `${prefix}foreign key (${list}) references ${to} (${toColumns.join(", ")})`;
      return expression ? `${prefix}foreign key (${list}) references ${expression}` : null;
    case "custom":
      return expression ? prefix + expression : null;
    default:
      return null;
  }
}

/** DDL of the constraints of a whole model; those that DuckDB writes at a column only are left out. */
export function renderModelConstraints(constraints: Value): string[] {
  return listOf(constraints)
    .map((raw) => modelConstraint(parse(raw, modelKeys)))
    .filter((rendered) => rendered !== null);
}
