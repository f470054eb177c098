import { createHash } from "node:crypto";
import { PyDict, PyObject, repr, type Value } from "#jinja/index.ts";
import { field, listOf } from "./arguments.ts";
import { adapterError } from "./errors.ts";
import { hostFunction } from "./object.ts";
import { Relation } from "./relation.ts";

/** An entry of the model config `indexes`: `{columns: [...], unique: false}`. */
class IndexConfig extends PyObject {
  readonly pyType = "DuckDBIndexConfig";
  override get pyModule(): string {
    return "dbt.adapters.duckdb.impl";
  }
  readonly columns: string[];
  readonly unique: boolean;
  constructor(columns: string[], unique: boolean) {
    super();
    this.columns = columns;
    this.unique = unique;
  }
  override getAttr(name: string): Value | undefined {
    if (name === "columns") return this.columns;
    if (name === "unique") return this.unique;
    return name === "render"
      ? hostFunction("render", ["relation"], (relation) => this.render(relation ?? null))
      : undefined;
  }
  override repr(): string {
    return `DuckDBIndexConfig(columns=${repr(this.columns)}, unique=${repr(this.unique)})`;
  }
  /** A name that no other index has: the time is part of it, because the old index of the same columns may still exist. */
  render(relation: Value): string {
    const name = relation instanceof Relation ? relation.render() : repr(relation);
    const now = `${new Date().toISOString().slice(0, -1)}${String(process.hrtime.bigint() % 1000n).padStart(3, "0")}`;
    return createHash("md5")
      .update([...this.columns, name, repr(this.unique), now].join("_"))
      .digest("hex");
  }
}

/** `adapter.parse_index`. Errors: DBA-001 for what is no such dict. */
export function parseIndex(raw: Value): Value {
  if (raw === null) return null;
  const problem = indexProblem(raw);
  if (problem === undefined)
    return new IndexConfig(listOf(field(raw, "columns")) as string[], field(raw, "unique") === true);
  const hint = "Write indexes as a list of {columns: [id], unique: true}.";
  throw adapterError("compilation", { message: `Could not parse index config: ${problem}`, hint });
}

/** What is wrong with an index config, in the words of a JSON schema's validator; undefined when nothing is. */
function indexProblem(raw: Value): string | undefined {
  if (!(raw instanceof PyDict)) return `at path []: ${repr(raw)} is not of type 'object'`;
  for (const key of raw.keys()) {
    if (key !== "columns" && key !== "unique") {
      return `at path []: Additional properties are not allowed (${repr(key)} was unexpected)`;
    }
  }
  const columns = raw.get("columns");
  if (columns === undefined) return "at path []: 'columns' is a required property";
  if (!Array.isArray(columns)) return `at path ['columns']: ${repr(columns)} is not of type 'array'`;
  const odd = columns.findIndex((column) => typeof column !== "string");
  if (odd >= 0) return `at path ['columns'][${odd}]: ${repr(columns[odd] as Value)} is not of type 'string'`;
  const unique = raw.get("unique") ?? false;
  return typeof unique === "boolean" ? undefined : `at path ['unique']: ${repr(unique)} is not of type 'boolean'`;
}
