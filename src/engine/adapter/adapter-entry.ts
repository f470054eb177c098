import { str, type MaybePromise, type Value } from "#jinja/index.ts";
import type { Adapter } from "./adapter.ts";
import type { Behavior } from "./behavior.ts";
import type { Relation } from "./relation.ts";

export interface AdapterObjectOptions {
  adapter: Adapter;
  /** At parse time everything that would touch the database answers None, an empty list or an empty table. */
  phase: "parse" | "run";
  /** `adapter.dispatch(name, namespace)`: the macro for DuckDB, as a callable. */
  dispatch(name: string, namespace: string | null): MaybePromise<Value>;
  /** `adapter.config`. */
  config?: Value;
  /** Stores an external model through a plugin; without it every plugin is unknown. */
  storeRelation?: (
    plugin: string,
    relation: Relation,
    path: string,
    format: string,
    config: Value,
  ) => MaybePromise<void>;
}

/** What the methods of `adapter` work on. */
export interface AdapterView {
  readonly adapter: Adapter;
  readonly behavior: Behavior;
  readonly options: AdapterObjectOptions;
  /** Warns that a method is called by its old name. */
  deprecated(oldName: string, newName: string): void;
}

/** An argument; undefined when it was not given. */
export type Given = Value | undefined;

/** A method of `adapter`: its parameters (`?` marks one with a default) and what it does. */
export interface Entry {
  parameters: readonly string[];
  body(self: AdapterView, ...values: Given[]): MaybePromise<Value>;
  /** What it answers at parse time; without it the body runs then, too. */
  atParse?: () => Value;
}

export const entry = (parameters: readonly string[], body: Entry["body"], atParse?: () => Value): Entry => ({
  parameters,
  body,
  atParse,
});

export const none = (): Value => null;
export const nothing = (): Value => [];
export const text = (value: Given): string => (value === undefined ? "" : str(value));
