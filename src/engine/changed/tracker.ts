import { join } from "node:path";
import { type DatabaseJournal, quoteLiteral, relationKey } from "#duck/index.ts";
import type { AdapterSession } from "../adapter/index.ts";
import type { Execution, NodeChanges, NodeExecution, Verdict } from "../context/execution.ts";
import { internalPackages } from "../context/macro-table.ts";
import { relationFromNode } from "../context/relations.ts";
import type { GraphNode, OtherNode } from "../manifest/types.ts";
import { fileHash, inputFilesFingerprint } from "../1-read/input-files.ts";
import { analyseQueries, macroDefinitions } from "./functions.ts";
import { environmentHash, Fingerprints, hashOf } from "./fingerprint.ts";
import { Inputs } from "./inputs.ts";
import { readState, writeState, type BuiltNode } from "../7-artifacts/changed-state.ts";
import { writtenBy } from "./writes.ts";

export interface TrackerOptions {
  journal: DatabaseJournal;
  /** Where the state of the last runs is kept. */
  file: string;
  /** `decide`: unchanged nodes are not run. `record`: everything runs and is noted. `forget`: what runs is no basis for later. */
  mode: "decide" | "record" | "forget";
  /** Of whatever may change what SQL does: engine and DuckDB. */
  versions: readonly string[];
}

/** Materializations whose result is a function of the compiled SQL, the inputs and the config. */
const understood = new Set(["table", "view", "incremental", "seed", "snapshot", "test"]);

type Pending = Omit<BuiltNode, "doubt" | "files" | "macros" | "own"> & { own: number; text: string | null };

/**
 * Decides which nodes need not run: those whose compiled SQL, config, upstream relations and input files are the same as
 * when they were built last, and whose SQL gives the same for the same data. When in doubt, a node runs. What was built is
 * noted in the database's journal, and what it was built from in a file of the target folder.
 */
export class ChangeTracker implements NodeChanges {
  readonly #execution: Execution;
  readonly #options: TrackerOptions;
  readonly #fingerprints: Fingerprints;
  readonly #inputs: Inputs;
  readonly #environment: string;
  readonly #nodes: Map<string, BuiltNode>;
  readonly #pending = new Map<string, Pending>();
  readonly #unitTests = new Map<string, string>();
  readonly #atStart = new Map<string, Record<string, number>>();
  /** Why nothing is known about any node; undefined when something is. */
  readonly #unknown: string | undefined;
  readonly #byName = new Map<string, string[]>();
  #macros: Promise<Map<string, string>> | undefined;
  #lost = false;

  constructor(execution: Execution, options: TrackerOptions) {
    const { runtime } = execution;
    this.#execution = execution;
    this.#options = options;
    this.#fingerprints = new Fingerprints(runtime);
    this.#inputs = new Inputs(execution, options.journal);
    this.#environment = environmentHash(runtime, options.versions);
    const state = readState(options.file);
    this.#unknown =
      state === undefined
        ? "no earlier run is known"
        : state.chain !== options.journal.chain
          ? "something else may have written to the database since the last run"
          : state.environment !== this.#environment
            ? "the profile, an on-run-start hook or a version changed"
            : undefined;
    this.#nodes = new Map(this.#unknown === undefined ? Object.entries(state?.nodes ?? {}) : []);
    for (const node of [...Object.values(runtime.manifest.nodes), ...Object.values(runtime.manifest.sources)]) {
      const name =
        node.resource_type === "source" ? (node as { identifier: string }).identifier : (node as GraphNode).alias;
      if (typeof name !== "string" || typeof node.schema !== "string") continue;
      const key = name.toLowerCase();
      this.#byName.set(key, [...(this.#byName.get(key) ?? []), relationKey(node.schema, name)]);
    }
  }

  /** Whether a compiled node may be left as it is, and why or why not. */
  async verdict({ node, session }: NodeExecution): Promise<Verdict> {
    await this.#inputs.prepare(session);
    const inputs = this.#inputs.of(node);
    this.#atStart.set(node.unique_id, inputs.tokens);
    if (this.#options.mode !== "decide") return { reuse: false, reason: "it was asked for" };
    const reason = this.#runtimeReason(node) ?? (await this.#difference(node, inputs, session));
    return reason === undefined
      ? { reuse: true, reason: "its SQL, config and inputs are those of its last build" }
      : { reuse: false, reason };
  }

  /** The same for a unit test, which is no node with SQL of its own. */
  async unitTestVerdict(test: OtherNode, session: AdapterSession): Promise<Verdict> {
    await this.#inputs.prepare(session);
    const model = this.#modelOf(test);
    if (!model) return { reuse: false, reason: "its model is not known" };
    // Running it notes things in the test itself.
    const own = this.#fingerprints.unitTest(test, model);
    this.#unitTests.set(test.unique_id, own.hash);
    if (this.#options.mode !== "decide") return { reuse: false, reason: "it was asked for" };
    const known = this.#nodes.get(test.unique_id);
    const tested = this.#nodes.get(model.unique_id);
    const reason =
      this.#unknown ??
      own.doubt ??
      (known === undefined
        ? "it did not pass in the last run"
        : known.sql !== own.hash
          ? "it, its model, a macro or a variable changed"
          : tested === undefined
            ? "its model was not built in the last run"
            : (tested.doubt ?? changedInput(known.parents, this.#inputs.of(model).tokens)));
    return reason === undefined
      ? { reuse: true, reason: "it, its model and its inputs are those of its last run" }
      : { reuse: false, reason };
  }

  /** Notes what came of a node that ran. */
  ran(node: GraphNode, good: boolean): void {
    const id = node.unique_id;
    this.#nodes.delete(id);
    const key = this.#inputs.keyOf(node);
    const own = key === undefined ? 0 : this.#options.journal.wrote(key);
    const parents = this.#atStart.get(id);
    if (!good || parents === undefined || this.#options.mode === "forget") return;
    if (this.#kindDoubt(node) !== undefined) return;
    this.#pending.set(id, {
      sql: sqlHash(node),
      config: this.#fingerprints.config(node).hash,
      own,
      parents,
      text: node.resource_type === "seed" ? null : (node.compiled_code ?? ""),
    });
  }

  unitTestRan(test: OtherNode, passed: boolean): void {
    const model = this.#modelOf(test);
    this.#nodes.delete(test.unique_id);
    if (!passed || !model || this.#options.mode === "forget") return;
    const parents = this.#inputs.of(model).tokens;
    const sql = this.#unitTests.get(test.unique_id) ?? "";
    this.#nodes.set(test.unique_id, { sql, config: "", own: 0, parents, files: {}, macros: {}, doubt: null });
  }

  /** Looks at a statement before or after it runs: what it writes besides its own node's relation is no longer what it was. */
  observe(sql: string, connection: string): void {
    const { relations, everything } = writtenBy(sql);
    if (everything) {
      this.#lost = true;
      this.#options.journal.disrupt();
      return;
    }
    const own = this.#execution.runtime.manifest.nodes[connection]?.alias?.toLowerCase();
    for (const { name } of relations) {
      if (own !== undefined && name.startsWith(own) && /^(?:__dbt.*)?$/.test(name.slice(own.length))) continue;
      for (const key of this.#byName.get(name) ?? []) this.#options.journal.wrote(key);
    }
  }

  /** Takes the SQL of what was built apart and keeps the state for the next run. While the database is open. */
  async finish(session: AdapterSession): Promise<void> {
    if (this.#lost) return;
    // Of now: what is written to the database meanwhile may end it.
    const { chain } = this.#options.journal;
    const pending = [...this.#pending];
    const withText = pending.filter(([, p]) => p.text !== null);
    const analyses = new Map(
      (
        await analyseQueries(
          session,
          withText.map(([, p]) => p.text ?? ""),
        )
      ).map((a, i) => [withText[i]?.[0] ?? "", a]),
    );
    for (const [id, { text: _text, ...built }] of pending) {
      const node = this.#execution.runtime.manifest.nodes[id];
      if (!node) continue;
      const analysis = analyses.get(id) ?? { tables: [], files: [], macros: {}, doubt: null };
      const doubt = analysis.doubt ?? this.#inputs.strange(node, analysis.tables);
      const files: BuiltNode["files"] = {};
      for (const pattern of doubt === null ? analysis.files : [])
        files[pattern] = (await this.#fileInput(pattern, session)) ?? "";
      const macros = Object.fromEntries(Object.entries(analysis.macros).map(([name, text]) => [name, hashOf(text)]));
      this.#nodes.set(id, { ...built, files, macros, doubt });
    }
    const { manifest } = this.#execution.runtime;
    const current = [...this.#nodes].filter(([id]) => id in manifest.nodes || id in manifest.unit_tests);
    writeState(this.#options.file, {
      version: 1,
      chain,
      environment: this.#environment,
      nodes: Object.fromEntries(current),
    });
  }

  #modelOf(test: OtherNode): GraphNode | undefined {
    const { nodes } = this.#execution.runtime.manifest;
    return test.depends_on.nodes.map((id) => nodes[id]).find((n) => n?.resource_type === "model");
  }

  /** Why a node of this kind is never left as it is. */
  #kindDoubt(node: GraphNode): string | undefined {
    const { runtime } = this.#execution;
    const materialized = String(node.config.materialized);
    if (node.language === "python") return "it is Python";
    if (!understood.has(materialized)) return `what the materialization ${materialized} does cannot be known`;
    const entry = runtime.macros.materialization(materialized);
    if (entry && !internalPackages.includes(entry.node.package_name))
      return `the materialization ${materialized} is ${entry.node.package_name}'s own`;
    if (node.config.incremental_strategy === "microbatch") return "its batches follow the clock";
    if (node.resource_type === "test" && (node.config.store_failures === true || runtime.flags.storeFailures === true))
      return "it stores its failures";
    if (node.resource_type !== "test" && this.#inputs.keyOf(node) === undefined)
      return "its relation is in another database";
    return this.#fingerprints.config(node).doubt;
  }

  #runtimeReason(node: GraphNode): string | undefined {
    const { flags } = this.#execution.runtime;
    if (this.#lost) return "a statement of this run may have written to any relation";
    if (node.resource_type !== "test" && (flags.fullRefresh || node.config.full_refresh === true))
      return "full refresh";
    return this.#unknown ?? this.#kindDoubt(node);
  }

  /** What is not as it was when the node was built; undefined when all is. */
  async #difference(
    node: GraphNode,
    inputs: { tokens: Record<string, number>; doubt?: string },
    session: AdapterSession,
  ): Promise<string | undefined> {
    const known = this.#nodes.get(node.unique_id);
    const test = node.resource_type === "test";
    if (known === undefined) return test ? "it did not pass in the last run" : "it was not built in an earlier run";
    if (known.config !== this.#fingerprints.config(node).hash) return "its config changed";
    if (known.sql !== sqlHash(node))
      return node.resource_type === "seed" ? "its file changed" : "its compiled SQL changed";
    if (known.doubt !== null) return known.doubt;
    if (!test) {
      const problem = this.#relationProblem(node, known);
      if (problem !== undefined) return problem;
    }
    const changed = inputs.doubt ?? changedInput(known.parents, inputs.tokens);
    if (changed !== undefined) return changed;
    for (const [pattern, fingerprint] of Object.entries(known.files))
      if (fingerprint === "" || (await this.#fileInput(pattern, session)) !== fingerprint)
        return `the file ${pattern} changed`;
    for (const [name, hash] of Object.entries(known.macros)) {
      const definition = (await (this.#macros ??= macroDefinitions(session))).get(name.replace(/\(\)$/, ""));
      if (definition === undefined || hashOf(definition) !== hash) return `the SQL macro ${name} changed`;
    }
    return undefined;
  }

  #relationProblem(node: GraphNode, known: BuiltNode): string | undefined {
    const relation = this.#execution.adapter.cache.get(relationFromNode(node, {}));
    if (!relation) return "its relation is not there";
    const wanted = node.config.materialized === "view" ? "view" : "table";
    if (relation.type !== wanted) return `its relation is a ${String(relation.type)}`;
    const key = this.#inputs.keyOf(node);
    if (key === undefined || this.#options.journal.lastWrite(key) !== known.own)
      return "something else wrote to its relation";
    return undefined;
  }

  async #fileInput(pattern: string, session: AdapterSession): Promise<string | undefined> {
    if (/^[a-z][a-z0-9+.-]+:\/\//i.test(pattern)) return undefined;
    const { rows } = await session.select(`select file from glob(${quoteLiteral(pattern)}) order by file`);
    const root = this.#execution.runtime.read.root.root;
    return inputFilesFingerprint(
      root,
      rows.map(([file]) => String(file)),
    );
  }
}

/** Of a seed its file's bytes, for dbt's checksum takes no account of white space; of everything else the compiled SQL. */
const sqlHash = (node: GraphNode): string =>
  node.resource_type === "seed"
    ? hashOf(fileHash(join(String(node.root_path), node.original_file_path)) ?? "")
    : hashOf(node.compiled_code ?? "");

/** The first relation that was written since, or that the node did not read before. */
function changedInput(before: Record<string, number>, now: Record<string, number>): string | undefined {
  for (const [key, number] of Object.entries(now))
    if (before[key] !== number) return `${key.replace(/ as .*/, "")} changed`;
  for (const key of Object.keys(before)) if (!(key in now)) return `it no longer reads ${key}`;
  return undefined;
}
