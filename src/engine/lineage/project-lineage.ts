import type { Connection } from "#duck/index.ts";
import type { GraphNode, Manifest, SourceNode } from "../manifest/types.ts";
import { Catalogue } from "./catalogue.ts";
import { Dependencies } from "./dependencies.ts";
import { Facts, trees } from "./facts.ts";
import { declaredColumns, NodeState, nodesInOrder } from "./nodes.ts";
import { readQuery } from "./query.ts";
import { distinctNames, findColumn, type Relation, renamed, unknownRest } from "./relation.ts";
import type { Environment } from "./scope.ts";
import { snapshotExpressions, withSnapshotColumns } from "./snapshot.ts";
import { type Attempt, fileKey, originRest, Tables } from "./tables.ts";
import { part, parts, type Tree } from "./tree.ts";
import type { NodeLineage, ProjectLineage } from "./types.ts";

export interface LineageInput {
  /** Nodes with `compiled_code`, ephemeral ones included. */
  manifest: Manifest;
  /** To the project's database, or to an empty one. Nothing is written. */
  connection: Connection;
  /** The target's database: what a name without one means. */
  database: string;
  /** Why a node has no compiled SQL, by unique id. */
  failures?: ReadonlyMap<string, string>;
  /** Column names in a seed's file; undefined when it cannot be read. */
  seedColumns?: (seed: GraphNode) => readonly string[] | undefined;
  /** What stands in SQL for a source that is a file. */
  externalSql?: (source: SourceNode) => string | null;
}

/**
 * Where every column of a project's models, snapshots, analyses and singular tests comes from, by DuckDB's own parser.
 * A node that cannot be read is in the result with its reason; nothing is guessed.
 */
export async function projectLineage(input: LineageInput): Promise<ProjectLineage> {
  return (await ProjectReader.open(input)).read();
}

class ProjectReader {
  readonly #input: LineageInput;
  readonly #facts: Facts;
  readonly #catalogue: Catalogue;
  readonly #tables: Tables;
  readonly #fileColumns = new Map<string, readonly string[]>();

  private constructor(input: LineageInput, facts: Facts, catalogue: Catalogue) {
    this.#input = input;
    this.#facts = facts;
    this.#catalogue = catalogue;
    this.#tables = new Tables(input.manifest, facts, catalogue);
  }

  static async open(input: LineageInput): Promise<ProjectReader> {
    const { connection, manifest, database } = input;
    const facts = await Facts.open(connection);
    return new ProjectReader(input, facts, await Catalogue.read(connection, manifest, database));
  }

  async read(): Promise<ProjectLineage> {
    const { manifest, connection } = this.#input;
    await this.#readFiles();
    const order = nodesInOrder(manifest);
    const selects = order.filter(
      (node): node is GraphNode =>
        "compiled_code" in node &&
        typeof node.compiled_code === "string" &&
        node.resource_type !== "seed" &&
        node.language === "sql",
    );
    const found = await trees(
      connection,
      selects.map((node) => node.compiled_code ?? ""),
    );
    const byId = new Map(selects.map((node, i) => [node.unique_id, found[i]]));
    for (const node of order) await this.#readNode(node, byId.get(node.unique_id));
    return { nodes: Object.fromEntries([...this.#tables.states].map(([id, state]) => [id, state.lineage])) };
  }

  async #readFiles(): Promise<void> {
    const { manifest, externalSql, connection } = this.#input;
    for (const source of Object.values(manifest.sources)) {
      const sql = externalSql?.(source);
      if (sql === null || sql === undefined) continue;
      const [tree] = await trees(connection, [`select * from ${sql}`]);
      const from = tree && "query" in tree ? part(tree.query, "from_table") : undefined;
      if (!from) continue;
      this.#tables.files.set(fileKey(from), source.unique_id);
      const columns = await this.#answer(() => this.#facts.columnsOf(from));
      if (columns) this.#fileColumns.set(source.unique_id, columns);
    }
  }

  async #answer<T>(ask: () => T | null | undefined): Promise<T | undefined> {
    if (ask() === undefined) await this.#facts.learn();
    return ask() ?? undefined;
  }

  async #readNode(
    node: GraphNode | SourceNode,
    tree: { query: Tree } | { problem: string } | undefined,
  ): Promise<void> {
    if (node.resource_type === "source" || node.resource_type === "seed") return this.#origin(node);
    const own = node as GraphNode;
    if (!tree)
      return this.#failed(
        own,
        own.language === "python"
          ? "It is a Python model: only SQL can be read."
          : (this.#input.failures?.get(own.unique_id) ?? "It was not compiled."),
      );
    if ("problem" in tree) return this.#failed(own, tree.problem);
    await this.#select(own, tree.query);
  }

  /** Sources and seeds: lineage begins here. */
  #origin(node: GraphNode | SourceNode): void {
    const known = this.#namesOf(node);
    this.#keep(
      node,
      { status: "origin", problems: known ? [] : ["Its columns are not known: it is not in the database."] },
      known,
    );
  }

  #failed(node: GraphNode, problem: string): void {
    this.#keep(node, { status: "failed", problems: [problem] }, this.#namesOf(node));
  }

  /** A node whose columns do not come from a SELECT: as many as are known for certain. */
  #keep(
    node: GraphNode | SourceNode,
    outcome: Pick<NodeLineage, "status" | "problems">,
    known: readonly string[] | undefined,
  ): void {
    const declared = declaredColumns(node);
    const all = known ?? (declared.all ? declared.names : undefined);
    const complete = outcome.status === "origin";
    const columns = (all ?? declared.names).map((name) => ({ name, upstream: [], complete }));
    const rest = complete ? originRest : unknownRest;
    this.#tables.states.set(
      node.unique_id,
      new NodeState(
        { ...identity(node), ...outcome, columns, columns_complete: all !== undefined, filters: [] },
        all ? undefined : rest,
      ),
    );
  }

  #namesOf(node: GraphNode | SourceNode): readonly string[] | undefined {
    const { database, schema } = node;
    if (node.resource_type === "source")
      return (
        this.#fileColumns.get(node.unique_id) ??
        this.#catalogue.columnsOf(database, schema, (node as SourceNode).identifier)
      );
    const own = node as GraphNode;
    const file = node.resource_type === "seed" ? this.#input.seedColumns?.(own) : undefined;
    return file ?? this.#catalogue.columnsOf(database, schema, own.alias);
  }

  async #select(node: GraphNode, query: Tree): Promise<void> {
    const attempt = await this.#attempt(node, (environment) => readQuery(query, environment));
    let relation: Relation = { ...attempt.result, columns: distinctNames(attempt.result.columns) };
    if (relation.rest) relation = await this.#closed(relation, node.compiled_code ?? "");
    else if (relation.columns.some(({ name }) => attempt.uncertain.has(name)))
      relation = await this.#named(relation, node.compiled_code ?? "", attempt);
    if (node.resource_type === "snapshot") relation = await this.#snapshot(node, relation, attempt.problems);
    const columns = relation.columns.map(({ name, dependencies }) => ({
      name,
      upstream: dependencies.origins,
      complete: dependencies.complete,
    }));
    const whole = relation.rest === undefined && columns.every(({ complete }) => complete) && relation.rows.complete;
    this.#tables.states.set(
      node.unique_id,
      new NodeState(
        {
          ...identity(node),
          status: whole ? "resolved" : "partial",
          columns,
          columns_complete: relation.rest === undefined,
          filters: relation.rows.origins,
          problems: whole ? [] : [...attempt.problems],
        },
        relation.rest,
      ),
    );
  }

  /** When the query's columns cannot be told from its text, DuckDB may tell them, if everything that it reads exists. */
  async #closed(relation: Relation, sql: string): Promise<Relation> {
    const names = await this.#answer(() => this.#facts.columnsOfQuery(sql));
    const { rest } = relation;
    if (!names || !rest) return relation;
    const columns = names.map((name) => ({
      name,
      dependencies:
        findColumn(relation.columns, name)?.dependencies ??
        (rest.maybe(name) ? rest.get(name) : Dependencies.unknown()),
    }));
    return { ...relation, columns: distinctNames(columns), rest: undefined };
  }

  /** Names that DuckDB gave, in place of those that a tree cannot tell. */
  async #named(relation: Relation, sql: string, { uncertain, problems }: Attempt): Promise<Relation> {
    const names = await this.#answer(() => this.#facts.columnsOfQuery(sql));
    if (names?.length === relation.columns.length) return renamed(relation, names);
    for (const { name } of relation.columns)
      if (uncertain.has(name)) problems.add(`The column ${name} has no alias, and may have another name.`);
    const columns = relation.columns.map((column) =>
      uncertain.has(column.name)
        ? { ...column, dependencies: new Dependencies().add(column.dependencies).add(Dependencies.unknown()) }
        : column,
    );
    return { ...relation, columns };
  }

  async #snapshot(node: GraphNode, relation: Relation, problems: Set<string>): Promise<Relation> {
    const found = await trees(
      this.#input.connection,
      snapshotExpressions(node.config).map((sql) => `select ${sql}`),
    );
    const expressions = found.map((tree) => ("query" in tree ? parts(tree.query, "select_list")[0] : undefined));
    const attempt = await this.#attempt(node, (environment) =>
      withSnapshotColumns(node.config, relation, expressions, environment),
    );
    for (const problem of attempt.problems) problems.add(problem);
    return attempt.result;
  }

  /** Reads as often as DuckDB had to be asked something; only the last reading counts. */
  async #attempt<T>(node: GraphNode, read: (environment: Environment) => T): Promise<Attempt & { result: T }> {
    for (;;) {
      const problems = new Set<string>();
      const uncertain = new Set<string>();
      const discovered: [string, string][] = [];
      let final = false;
      const discover = (id: string, name: string): void => {
        if (final) this.#tables.states.get(id)?.discover(name);
        else discovered.push([id, name]);
      };
      const reading = this.#tables.reading(node, { problems, uncertain }, discover);
      const result = read({ reading, ctes: new Map(), outer: undefined });
      if (!this.#facts.curious) {
        final = true;
        for (const [id, name] of discovered) discover(id, name);
        return { result, problems, uncertain };
      }
      await this.#facts.learn();
    }
  }
}

const identity = ({ unique_id, name, resource_type }: GraphNode | SourceNode) => ({ unique_id, name, resource_type });
