import { PyObject, type Value } from "#jinja/index.ts";
import { adapterError } from "./errors.ts";

/** Flags that adapters know, with their defaults. */
const defaults: Record<string, boolean> = {
  require_batched_execution_for_custom_microbatch_strategy: false,
  enable_truthy_nulls_equals_macro: false,
};

class BehaviorFlag extends PyObject {
  readonly pyType = "BehaviorFlagRendered";
  override get pyModule(): string {
    return "dbt_common.behavior_flags";
  }
  readonly name: string;
  readonly setting: boolean;
  readonly #report: () => void;
  constructor(name: string, setting: boolean, report: () => void) {
    super();
    this.name = name;
    this.setting = setting;
    this.#report = report;
  }
  /** Asking for a flag that is off tells the user that it exists; `no_warn` does not. */
  override truthy(): boolean {
    if (!this.setting) this.#report();
    return this.setting;
  }
  override getAttr(name: string): Value | undefined {
    if (name === "setting") return this.truthy();
    return name === "no_warn" ? this.setting : name === "name" ? this.name : undefined;
  }
}

/** `adapter.behavior`: flags by name. Errors: DBA-001 for one that does not exist. */
export class Behavior extends PyObject {
  readonly pyType = "Behavior";
  override get pyModule(): string {
    return "dbt_common.behavior_flags";
  }
  readonly #flags = new Map<string, BehaviorFlag>();
  constructor(overrides: Record<string, unknown> = {}, report: (name: string) => void = () => {}) {
    super();
    const told = new Set<string>();
    for (const [name, fallback] of Object.entries(defaults)) {
      const setting = typeof overrides[name] === "boolean" ? overrides[name] : fallback;
      this.#flags.set(name, new BehaviorFlag(name, setting, () => told.has(name) || (told.add(name), report(name))));
    }
  }
  isOn(name: string): boolean {
    return this.#flags.get(name)?.setting ?? false;
  }
  override getAttr(name: string): Value | undefined {
    const flag = this.#flags.get(name);
    if (flag === undefined) throw adapterError("compilation", `The flag ${name} has not been registered.`);
    return flag;
  }
}
