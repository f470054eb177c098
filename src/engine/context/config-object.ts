import { PyDict, PyObject, truthy, type Kwargs, type MaybePromise, type Value } from "#jinja/index.ts";
import { engineError } from "../errors.ts";
import type { PlainRecord } from "../manifest/types.ts";
import { isRecord, toData, toValue } from "./data.ts";
import { hostFunction } from "./functions.ts";

/** Collects what `config()` calls of one node say, merged in call order. */
export interface ConfigCalls {
  add(options: PlainRecord): void;
}

const hookAliases = [
  ["pre_hook", "pre-hook"],
  ["post_hook", "post-hook"],
] as const;

/** `config` while parsing: calls collect, reads answer "" (falsy) as macros rely on. Source: providers.py ParseConfigObject. */
export class ParseConfig extends PyObject {
  readonly pyType = "ParseConfigObject";
  override get pyModule(): string {
    return "dbt.context.providers";
  }
  readonly #calls: ConfigCalls | undefined;
  readonly #owner: string;

  constructor(calls: ConfigCalls | undefined, owner: string) {
    super();
    this.#calls = calls;
    this.#owner = owner;
  }
  override get callable(): boolean {
    return true;
  }
  override call(args: Value[], kwargs: Kwargs): Value {
    let options: PlainRecord;
    if (args.length === 1 && kwargs.size === 0 && args[0] instanceof PyDict) options = toData(args[0]) as PlainRecord;
    else if (args.length === 0 && kwargs.size > 0)
      options = Object.fromEntries([...kwargs].map(([k, v]) => [k, toData(v)]));
    else
      throw engineError("compilation", {
        message: "Invalid inline model config",
        hint: `Give config() keyword arguments or one dict, in ${this.#owner}.`,
      });
    for (const [alias, name] of hookAliases) {
      if (!(alias in options)) continue;
      if (name in options) {
        throw engineError("compilation", {
          message: `Invalid config, has conflicting keys "${alias}" and "${name}"`,
          hint: "Keep one of the two.",
        });
      }
      options[name] = options[alias];
      delete options[alias];
    }
    this.#calls?.add(options);
    return "";
  }
  override getAttr(name: string): Value | undefined {
    switch (name) {
      case "get":
      case "require":
      case "meta_get":
      case "meta_require":
        return hostFunction(name, ["name", "default?", "validator?"], () => "");
      case "set":
        return hostFunction("set", ["name", "value"], (key, value) =>
          this.call([new PyDict([[key ?? null, value ?? null]])], new Map()),
        );
      case "persist_relation_docs":
      case "persist_column_docs":
        return hostFunction(name, [], () => false);
      default:
        return undefined;
    }
  }
}

/** Source: dbt-core artifacts/resources/v1/snapshot.py snapshot_table_column_names. */
const snapshotColumns = Object.fromEntries(
  ["dbt_valid_to", "dbt_valid_from", "dbt_scd_id", "dbt_updated_at", "dbt_is_deleted"].map((name) => [name, name]),
);

/** `config` while running: reads the node's final config. Source: providers.py RuntimeConfigObject. */
export class RunConfig extends PyObject {
  readonly pyType = "RuntimeConfigObject";
  override get pyModule(): string {
    return "dbt.context.providers";
  }
  readonly #config: PlainRecord | undefined;
  readonly #uniqueId: string;

  constructor(config: PlainRecord | undefined, uniqueId: string) {
    super();
    this.#config = config;
    this.#uniqueId = uniqueId;
  }
  override get callable(): boolean {
    return true;
  }
  override call(): Value {
    return "";
  }
  override getAttr(name: string): Value | undefined {
    switch (name) {
      case "get":
        return this.#reader("get", (key) => this.#lookup(key), false);
      case "require":
        return this.#reader("require", (key) => this.#lookup(key), true);
      case "meta_get":
        return this.#reader("meta_get", (key) => this.#meta(key), false);
      case "meta_require":
        return this.#reader("meta_require", (key) => this.#meta(key), true);
      case "set":
        return hostFunction("set", ["name", "value"], () => "");
      case "persist_relation_docs":
        return hostFunction(name, [], () => this.#persist("relation"));
      case "persist_column_docs":
        return hostFunction(name, [], () => this.#persist("columns"));
      case "model":
        return null;
      default:
        return undefined;
    }
  }

  #lookup(key: string): unknown {
    const config = this.#config;
    if (!config) return undefined;
    if (key === "pre_hook" || key === "post_hook") return config[key.replace("_", "-")];
    if (key === "snapshot_table_column_names" && isRecord(config.snapshot_meta_column_names)) {
      const own = Object.entries(config.snapshot_meta_column_names).filter(([, name]) => name);
      return { ...snapshotColumns, ...Object.fromEntries(own) };
    }
    return Object.hasOwn(config, key) ? config[key] : undefined;
  }

  #meta(key: string): unknown {
    const meta = this.#config?.meta;
    return isRecord(meta) && Object.hasOwn(meta, key) ? meta[key] : undefined;
  }

  #reader(name: string, lookup: (key: string) => unknown, required: boolean): PyObject {
    const parameters = required ? ["name", "validator?"] : ["name", "default?", "validator?"];
    return hostFunction(name, parameters, (key, second, third): MaybePromise<Value> => {
      const found = lookup(String(key));
      if (found === undefined && required) {
        throw engineError("compilation", {
          message: `Model '${this.#uniqueId}' does not define a required config parameter '${String(key)}'.`,
          hint: `Set ${String(key)} in the model's config.`,
        });
      }
      const value = found === undefined ? (required ? null : (second ?? null)) : toValue(found);
      const validator = required ? second : third;
      if (
        validator instanceof PyObject &&
        validator.callable &&
        (required || (second !== undefined && second !== null))
      ) {
        const checked = validator.call([value], new Map());
        if (checked instanceof Promise) return checked.then(() => value);
      }
      return value;
    });
  }

  #persist(kind: "relation" | "columns"): Value {
    const value = toValue(this.#lookup("persist_docs") ?? {});
    if (!(value instanceof PyDict)) {
      throw engineError("compilation", {
        message: `Invalid value provided for 'persist_docs'. Expected dict but received ${typeof value}`,
      });
    }
    return truthy(value.get(kind) ?? false);
  }
}
