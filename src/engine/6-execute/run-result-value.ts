import { fromPlain, PyDict, PyObject, type Value } from "#jinja/index.ts";
import { hostFunction } from "../context/functions.ts";
import type { AnyNode } from "../events.ts";
import type { RunResult } from "../manifest/types.ts";

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
      default: {
        const fields = this.#result as unknown as Record<string, unknown>;
        const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
        return value === undefined ? undefined : fromPlain(value);
      }
    }
  }
  override getItem(key: Value): Value | undefined {
    return typeof key === "string" ? this.getAttr(key) : undefined;
  }
  override str(): string {
    return `<RunResult ${this.#result.unique_id} ${this.#result.status}>`;
  }

  #dict(): PyDict {
    const dict = fromPlain(this.#result) as PyDict;
    dict.setLazy("node", () => (this.#node === undefined ? null : fromPlain(this.#node)));
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
