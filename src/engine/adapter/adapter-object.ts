import { PyFunction, PyObject, type Value } from "#jinja/index.ts";
import type { Adapter } from "./adapter.ts";
import type { AdapterObjectOptions, AdapterView, Entry } from "./adapter-entry.ts";
import { Behavior } from "./behavior.ts";
import { modelMethods } from "./model-methods.ts";
import { hostFunction } from "./object.ts";
import { RelationClass } from "./relation-class.ts";
import { relationMethods } from "./relation-methods.ts";
import { statementMethods } from "./statement-methods.ts";

/** Every name that templates can call. */
const entries: Record<string, Entry> = { ...statementMethods, ...relationMethods, ...modelMethods };

/** `adapter` in templates. */
export class AdapterObject extends PyObject implements AdapterView {
  readonly pyType: string;
  override get pyModule(): string {
    return "dbt.context.providers";
  }
  readonly options: AdapterObjectOptions;
  readonly behavior: Behavior;
  readonly #relationClass: RelationClass;

  constructor(options: AdapterObjectOptions) {
    super();
    this.options = options;
    this.pyType = options.phase === "parse" ? "ParseDatabaseWrapper" : "RuntimeDatabaseWrapper";
    const { shared, quoting } = options.adapter;
    this.behavior = new Behavior(shared.flags, (name) => {
      const message = `The behavior controlled by \`${name}\` is currently turned off.`;
      options.adapter.warn({ message, name: "BehaviorChangeEvent", code: "D018" });
    });
    this.#relationClass = new RelationClass(quoting);
  }

  get adapter(): Adapter {
    return this.options.adapter;
  }

  override getAttr(name: string): Value | undefined {
    switch (name) {
      case "Relation":
        return this.#relationClass;
      case "config":
        return this.options.config ?? null;
      case "behavior":
        return this.behavior;
      default:
        break;
    }
    if (!Object.hasOwn(entries, name)) return undefined;
    const { parameters, body, atParse } = entries[name] as Entry;
    // at parse time dbt replaces the method by a function that takes anything
    if (this.options.phase === "parse" && atParse) return new PyFunction(name, () => atParse());
    return hostFunction(name, parameters, (...values) => body(this, ...values));
  }

  deprecated(oldName: string, newName: string): void {
    const message = `The adapter function \`adapter.${oldName}\` is deprecated and will be removed in a future release of dbt. Please use \`adapter.${newName}\` instead.`;
    this.adapter.warn({ message, name: "AdapterDeprecationWarning", code: "D005" });
  }
}

/** Names of everything that `adapter` offers, for documentation and tests. */
export const adapterMethodNames = (): string[] => [...Object.keys(entries), "behavior", "config", "Relation"].sort();
