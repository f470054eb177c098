import { fromPlain, PyDict, PyObject, type Value } from "#jinja/index.ts";
import { hostFunction } from "../context/functions.ts";
import type { AnyNode } from "../events.ts";
import type { RunResult } from "../manifest/types.ts";

/** In the order of dbt's dict. Source: dbt-core artifacts/schemas/run/v5/run.py RunResult. */
const fieldNames = [
  "status",
  "timing",
  "thread_id",
  "execution_time",
  "adapter_response",
  "message",
  "failures",
  "node",
  "agate_table",
  "batch_results",
  "overload_results",
] as const;

/** One entry of `results` in on-run-end hooks: attributes as on dbt's RunResult. */
export class RunResultValue extends PyObject {
  readonly pyType = "RunResult";
  override get pyModule(): string {
    return "dbt.artifacts.schemas.run.v5.run";
  }
  readonly #result: RunResult;
  readonly #node: AnyNode | undefined;

  constructor(result: RunResult, node: AnyNode | undefined) {
    super();
    this.#result = result;
    this.#node = node;
  }

  override getAttr(name: string): Value | undefined {
    switch (name) {
      case "node":
        return this.#node === undefined ? null : new Fields("ManifestNode", fromPlain(this.#node) as PyDict);
      case "to_dict":
        return hostFunction("to_dict", ["omit_none?"], () => this.#dict());
      case "timing":
        return this.#result.timing.map((t) => new Fields("TimingInfo", fromPlain(t) as PyDict));
      case "skipped":
        return this.#result.status === "skipped";
      default:
        return this.#field(name);
    }
  }
  override getItem(key: Value): Value | undefined {
    return typeof key === "string" ? this.getAttr(key) : undefined;
  }
  override str(): string {
    return `<RunResult ${this.#result.unique_id} ${this.#result.status}>`;
  }

  /** What dbt's result has besides its node; the id and the compiled text are the node's. */
  #field(name: string): Value | undefined {
    if (!(fieldNames as readonly string[]).includes(name)) return undefined;
    const value = this.#result[name as keyof RunResult];
    return value === undefined ? null : fromPlain(value);
  }

  #dict(): PyDict {
    const dict = new PyDict();
    for (const name of fieldNames) {
      if (name === "node") dict.setLazy(name, () => (this.#node === undefined ? null : fromPlain(this.#node)));
      else dict.set(name, this.#field(name) ?? null);
    }
    return dict;
  }
}

/** An object of dbt, such as a node: its fields are attributes, `to_dict()` gives them all. */
class Fields extends PyObject {
  readonly pyType: string;
  readonly #fields: PyDict;
  constructor(pyType: string, fields: PyDict) {
    super();
    this.pyType = pyType;
    this.#fields = fields;
  }
  override getAttr(name: string): Value | undefined {
    if (name === "to_dict") return hostFunction("to_dict", ["omit_none?", "context?"], () => this.#fields);
    return this.#fields.get(name);
  }
  override getItem(key: Value): Value | undefined {
    return this.#fields.get(key);
  }
}
