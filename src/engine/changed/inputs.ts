import { type DatabaseJournal, quoteLiteral, relationKey } from "#duck/index.ts";
import type { AdapterSession } from "../adapter/index.ts";
import type { Execution } from "../context/execution.ts";
import { isNodeEphemeral } from "../context/node-paths.ts";
import type { GraphNode, SourceNode } from "../manifest/types.ts";
import { hashOf } from "./fingerprint.ts";
import { analyseQueries, type Analysis } from "./functions.ts";

/** What a node reads, by the journal's key, with the number of the last write; `doubt` when that does not tell all. */
export interface InputTokens {
  tokens: Record<string, number>;
  doubt?: string;
}

interface Found extends InputTokens {
  /** `database.schema.name` in lower case of the relations that the node's own SQL may name. */
  direct: Set<string>;
}

/** Follows the graph from a node to the relations that hold what it reads: through ephemeral models and views, to tables. */
export class Inputs {
  readonly #execution: Execution;
  readonly #journal: DatabaseJournal;
  readonly #database: string;
  /** Attached databases that never change, with the version of what is in them. */
  readonly #snapshots: Record<string, string>;
  /** What the views among the sources read, by the journal's keys. */
  readonly #views = new Map<string, { reads: string[]; definition: string; doubt?: string }>();
  #prepared: Promise<void> | undefined;

  constructor(execution: Execution, journal: DatabaseJournal) {
    this.#execution = execution;
    this.#journal = journal;
    this.#database = execution.runtime.target.database.toLowerCase();
    this.#snapshots = execution.runtime.target.snapshots ?? {};
  }

  /** The journal's key of a node's relation; undefined for one in another database, and for what has none. */
  keyOf(node: GraphNode | SourceNode): string | undefined {
    if ((node.database ?? this.#database).toLowerCase() !== this.#database) return undefined;
    if (node.resource_type === "source") return relationKey(node.schema, String(node.identifier));
    if (node.resource_type === "test") return undefined;
    return relationKey(node.schema, (node as GraphNode).alias);
  }

  of(node: GraphNode): InputTokens {
    return this.#follow(node);
  }

  /** Why the tables that a node's SQL names are not only those of its refs and sources; null when they are. */
  strange(node: GraphNode, tables: readonly string[]): string | null {
    if (tables.length === 0) return null;
    const { direct } = this.#follow(node);
    // What was there before is part of an incremental model; any other model would make something new of it each time.
    if (node.config.materialized === "incremental") direct.add(this.#fullName(node, node.alias));
    const named = tables.find((table) => !direct.has(this.#qualified(table)) && !this.#inSnapshot(table));
    return named === undefined ? null : `it reads ${named}, which is no ref or source of it`;
  }

  /** Looks up what sources that are views in the database read. Once a run, before anything is asked about inputs. */
  prepare(session: AdapterSession): Promise<void> {
    return (this.#prepared ??= this.#readViews(session));
  }

  async #readViews(session: AdapterSession): Promise<void> {
    const wanted = Object.values(this.#execution.runtime.manifest.sources).flatMap((s) => this.keyOf(s) ?? []);
    if (wanted.length === 0) return;
    const { rows } = await session.select(
      `select schema_name, view_name, sql from duckdb_views() where not internal and lower(database_name) = ${quoteLiteral(this.#database)}`,
    );
    const views = new Map(rows.map(([schema, name, sql]) => [relationKey(String(schema), String(name)), String(sql)]));
    for (let keys = [...new Set(wanted)]; keys.length > 0; ) {
      const next = keys.filter((key) => views.has(key) && !this.#views.has(key));
      const queries = next.map((key) => selectOf(views.get(key) ?? ""));
      const analyses = await analyseQueries(session, queries);
      keys = [];
      for (const [i, key] of next.entries()) {
        const { tables, files, doubt } = analyses[i] as Analysis;
        const reads = tables.map((table) => this.#qualified(table).split(".").slice(1).join("."));
        const foreign = tables.find((table) => !this.#qualified(table).startsWith(`${this.#database}.`));
        const why = doubt ?? (files.length > 0 ? "it reads files" : foreign ? `it reads ${foreign}` : undefined);
        this.#views.set(key, {
          reads,
          definition: hashOf(views.get(key)),
          ...(why === undefined ? {} : { doubt: `${key} is a view, and ${why}` }),
        });
        keys.push(...reads);
      }
    }
  }

  #fullName(node: GraphNode | SourceNode, name: string): string {
    return `${node.database ?? this.#database}.${node.schema}.${name}`.toLowerCase();
  }

  #qualified(table: string): string {
    const dots = table.split(".").length - 1;
    if (dots === 0) return `${this.#database}.main.${table}`;
    return dots === 1 ? `${this.#database}.${table}` : table;
  }

  /** `snapshot.schema.name` of an attached database that never changes. */
  #inSnapshot(table: string): boolean {
    const [catalog = "", ...rest] = table.split(".");
    return rest.length === 2 && catalog in this.#snapshots;
  }

  /** The versions of the snapshots that a node's SQL names, wherever it does. */
  #named(node: GraphNode, found: Found): void {
    const text = `${node.compiled_code ?? ""}\n${node.raw_code}`.toLowerCase();
    for (const [alias, version] of Object.entries(this.#snapshots))
      if (text.split(/\W+/).includes(alias) || !/^\w+$/.test(alias)) found.tokens[`${alias} as of ${version}`] = 0;
  }

  #follow(node: GraphNode): Found {
    const found: Found = { tokens: {}, direct: new Set() };
    this.#named(node, found);
    this.#collect(node, found, new Set(), true);
    return found;
  }

  #collect(node: GraphNode, found: Found, seen: Set<string>, direct: boolean): void {
    const { manifest, flags } = this.#execution.runtime;
    for (const id of node.depends_on.nodes) {
      const parent = manifest.nodes[id] ?? manifest.sources[id];
      if (seen.has(`${id} ${direct}`) || parent === undefined) {
        if (parent === undefined) found.doubt ??= `it depends on ${id}`;
        continue;
      }
      seen.add(`${id} ${direct}`);
      if (parent.resource_type === "source") this.#source(parent as SourceNode, found, direct);
      else if (["model", "seed", "snapshot"].includes(parent.resource_type)) {
        const own = parent as GraphNode;
        if (isNodeEphemeral(own)) {
          this.#named(own, found);
          this.#collect(own, found, seen, direct);
          continue;
        }
        if (flags.defer && own.defer_relation) found.doubt ??= `${own.name} is read from another environment`;
        if (direct) found.direct.add(this.#fullName(own, own.alias));
        const key = this.keyOf(own);
        if (key === undefined) found.doubt ??= `${own.name} is in another database`;
        else found.tokens[key] = this.#journal.lastWrite(key);
        const { materialized } = own.config;
        if (materialized === "view") {
          this.#named(own, found);
          this.#collect(own, found, seen, false);
        } else if (materialized === "external") found.doubt ??= `${own.name} is kept in files`;
      }
    }
  }

  #source(source: SourceNode, found: Found, direct: boolean): void {
    if (direct) found.direct.add(this.#fullName(source, String(source.identifier)));
    const key = this.keyOf(source);
    const version = this.#snapshots[source.database?.toLowerCase() ?? ""];
    if (key === undefined && version !== undefined) {
      found.tokens[`${source.database?.toLowerCase()} as of ${version}`] = 0;
      return;
    }
    if (key === undefined) {
      found.doubt ??= `the source ${source.source_name}.${source.name} is in another database`;
      return;
    }
    this.#token(key, found);
  }

  /** The last write to a relation; of a view also those to what it reads. */
  #token(key: string, found: Found): void {
    if (key in found.tokens) return;
    found.tokens[key] = this.#journal.lastWrite(key);
    const view = this.#views.get(key);
    if (view?.doubt !== undefined) found.doubt ??= view.doubt;
    if (view) found.tokens[`${key} as ${view.definition}`] = 0;
    for (const read of view?.reads ?? []) this.#token(read, found);
  }
}

/** The query of a view as DuckDB keeps it, `CREATE VIEW "s".v(a, b) AS SELECT …;`. */
function selectOf(sql: string): string {
  const name = String.raw`(?:"(?:[^"]|"")*"|[^\s".(]+)`;
  const head = new RegExp(
    String.raw`^\s*create\s+view\s+${name}(?:\.${name})*\s*(?:\((?:"(?:[^"]|"")*"|[^")])*\))?\s*as\s+`,
    "i",
  );
  return sql.replace(head, "").replace(/;\s*$/, "");
}
