import { createHash } from "node:crypto";
import { PyDict, PyObject, repr, type Value } from "#jinja/index.ts";
import { field, listOf } from "./arguments.ts";
import { adapterError } from "./errors.ts";
import { hostFunction } from "./object.ts";
import { Relation } from "./relation.ts";

/** An entry of the model config `indexes`: `{columns: [...], unique: false}`. */
class IndexConfig extends PyObject {
  readonly pyType = "DuckDBIndexConfig";
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
  if (!(raw instanceof PyDict)) {
    const message = `Invalid index config:\n  Got: ${repr(raw)}\n  Expected a dictionary with at minimum a "columns" key`;
    throw adapterError("compilation", { message, hint: "Write indexes: [{columns: [id], unique: true}]." });
  }
  const columns = listOf(field(raw, "columns"));
  const unique = raw.get("unique") ?? false;
  const problem = !raw.has("columns")
    ? "'columns' is a required property"
    : !Array.isArray(raw.get("columns")) || columns.some((c) => typeof c !== "string")
      ? `${repr(raw.get("columns") ?? null)} is not of type 'array' of strings`
      : typeof unique !== "boolean"
        ? `${repr(unique)} is not of type 'boolean'`
        : undefined;
  if (problem !== undefined) throw adapterError("compilation", `Could not parse index config: ${problem}`);
  return new IndexConfig(columns as string[], unique as boolean);
}
