import { createHash } from "node:crypto";
import type { Runtime } from "../context/runtime.ts";
import { internalPackages } from "../context/macro-table.ts";
import type { GraphNode, MacroNode, OtherNode } from "../manifest/types.ts";

/** A short hash of anything that JSON can hold. */
export function hashOf(...parts: unknown[]): string {
  const text = parts.map((p) => (typeof p === "string" ? p : JSON.stringify(p))).join("\u0000");
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

/** Settings of a node that say who it is for, not what is in it. */
const labels = new Set(["access", "docs", "enabled", "group", "tags"]);

/** Names that the built-in macros ask for, whose answers are in the compiled SQL or in the relation's name already. */
const answeredAlready = /^generate_(?:schema|alias|database)_name$|^(?:ref|source)$/;

/**
 * What decides how a node's compiled SQL becomes a relation, besides that SQL: its config, what of its YAML counts, and the
 * macros of the project that a materialization calls instead of the built-in ones.
 */
export class Fingerprints {
  readonly #runtime: Runtime;
  #overrides: { text: string; doubt?: string } | undefined;
  #macros: string | undefined;
  #variables: string | undefined;
  #ownMacros: MacroNode[] | undefined;
  readonly #configs = new Map<GraphNode, { hash: string; doubt?: string }>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** The hash of everything but the SQL, or why it cannot be known. */
  config(node: GraphNode): { hash: string; doubt?: string } {
    let known = this.#configs.get(node);
    if (!known) this.#configs.set(node, (known = this.#config(node)));
    return known;
  }

  #config(node: GraphNode): { hash: string; doubt?: string } {
    const config = Object.fromEntries(Object.entries(node.config).filter(([key]) => !labels.has(key)));
    const persist = node.config.persist_docs as Record<string, unknown> | undefined;
    const described = persist?.relation === true || persist?.columns === true;
    const shaped = described || node.contract?.enforced === true;
    const columns = shaped
      ? Object.values(node.columns).map(({ name, data_type, constraints, quote, description }) => [
          name,
          data_type,
          constraints,
          quote,
          described ? description : null,
        ])
      : null;
    const hooks = JSON.stringify([config["pre-hook"] ?? null, config["post-hook"] ?? null, config.sql_header ?? null]);
    const overrides = this.#replaced(hooks);
    const rendered = hooks.includes("{") && /\{\{|\{%/.test(hooks);
    const environment = rendered || overrides.text !== "" ? this.variables() : "";
    const doubt = overrides.doubt ?? clockIn(hooks);
    return {
      hash: hashOf(
        config,
        node.relation_name ?? "",
        columns,
        shaped ? (node.constraints ?? null) : null,
        described ? node.description : "",
        overrides.text,
        environment,
        this.#environmentOf(hooks + overrides.text),
      ),
      ...(doubt === undefined ? {} : { doubt }),
    };
  }

  /** A unit test is its own text, its model's, and every macro and variable that they may use; or why nobody can tell. */
  unitTest(test: OtherNode, model: GraphNode): { hash: string; doubt?: string } {
    const { created_at: _created, ...definition } = test as unknown as Record<string, unknown>;
    const code = `${model.raw_code}\n${this.#allMacros()}`;
    const hash = hashOf(definition, code, model.config, this.variables(), this.#environmentOf(code));
    const doubt = clockIn(code);
    return { hash, ...(doubt === undefined ? {} : { doubt }) };
  }

  /** The text of every macro of the project and its packages. */
  #allMacros(): string {
    return (this.#macros ??= this.#own()
      .map((m) => m.macro_sql)
      .join("\n"));
  }

  variables(): string {
    const { flags, projects } = this.#runtime;
    return (this.#variables ??= hashOf(
      flags.vars,
      [...projects.values()].map((p) => [p.name, p.vars ?? null]),
    ));
  }

  #own(): MacroNode[] {
    return (this.#ownMacros ??= Object.values(this.#runtime.manifest.macros).filter(
      (m) => !internalPackages.includes(m.package_name),
    ));
  }

  /** The project's macros that stand in for built-in ones or that hooks call, with all they call in turn. */
  #replaced(hooks: string): { text: string; doubt?: string } {
    const own = this.#own();
    if (own.length === 0) return { text: "" };
    const base = (this.#overrides ??= this.#closure(own, (m) => this.#standsIn(m)));
    if (!/\{\{|\{%/.test(hooks)) return base;
    const called = this.#closure(own, (m) => mentions(hooks, m.name));
    const doubt = base.doubt ?? called.doubt;
    return { text: base.text + called.text, ...(doubt === undefined ? {} : { doubt }) };
  }

  #standsIn({ name }: MacroNode): boolean {
    if (answeredAlready.test(name)) return false;
    const { macros } = this.#runtime;
    const plain = name.replace(/^(?:default|duckdb|postgres)__/, "");
    return [plain, `default__${plain}`, `duckdb__${plain}`].some((n) => macros.internal(n) !== undefined);
  }

  #closure(own: MacroNode[], wanted: (macro: MacroNode) => boolean): { text: string; doubt?: string } {
    const found = new Set(own.filter(wanted));
    for (const macro of found)
      for (const other of own) if (!found.has(other) && mentions(macro.macro_sql, other.name)) found.add(other);
    const text = [...found].map((m) => `${m.unique_id}\n${m.macro_sql}\n`).join("");
    const doubt = clockIn(text);
    return { text, ...(doubt === undefined ? {} : { doubt }) };
  }

  /** Values of the environment variables that a text names. */
  #environmentOf(text: string): string {
    const names = [...text.matchAll(/env_var\(\s*\\?['"]([^'"\\]+)/g)].map(([, name = ""]) => name);
    return names.length === 0 ? "" : hashOf(names.map((name) => [name, this.#runtime.env[name] ?? null]));
  }
}

const mentions = (text: string, name: string): boolean =>
  text.includes(name) &&
  new RegExp(`\\b${name.replace(/^(?:default|duckdb|postgres)__/, "(?:\\w+__)?")}\\b`).test(text);

/** Code of hooks and materializations that asks for the time or for the run. */
function clockIn(text: string): string | undefined {
  const word = /\b(?:run_started_at|invocation_id|modules\.datetime|env_var\(\s*(?!\\?['"]))/.exec(text)?.[0];
  return word === undefined ? undefined : `its macros or hooks use ${word.replace(/\(.*/s, "() with a computed name")}`;
}

/** Everything around the project that may change what its SQL does. */
export function environmentHash(runtime: Runtime, versions: readonly string[]): string {
  const { target, manifest } = runtime;
  const hooks = Object.values(manifest.nodes)
    .filter((n) => n.resource_type === "operation" && n.tags.includes("on-run-start"))
    .map((n) => n.raw_code);
  // A snapshot's version counts for those who read it.
  const attached = target.attach.filter(({ alias }) => !(unquoted(alias) in (target.snapshots ?? {})));
  return hashOf(
    versions,
    [target.path, target.database, target.schema, target.targetName],
    [target.settings, target.configOptions, target.extensions, attached, target.plugins],
    hooks,
    timeZone(),
  );
}

const unquoted = (alias: unknown): string =>
  String(alias ?? "")
    .replace(/^"(.*)"$/s, "$1")
    .toLowerCase();

/** The offsets of the machine's time zone, in minutes; its name would load the tables of all zones. */
const timeZone = (): number[] =>
  [1970, 2000, 2024].flatMap((year) => [0, 3, 6, 9].map((month) => new Date(year, month, 1).getTimezoneOffset()));
