import type { GraphNode, Manifest } from "../manifest/types.ts";
import type { Catalogue } from "./catalogue.ts";
import { Dependencies, RowDependencies } from "./dependencies.ts";
import type { Facts } from "./facts.ts";
import { columnsAsRead, NodeState } from "./nodes.ts";
import { readQuery } from "./query.ts";
import { type Relation, type Rest, unknownRest } from "./relation.ts";
import type { Reading } from "./scope.ts";
import { starArguments } from "./star.ts";
import { canonical, fold, text, type Tree } from "./tree.ts";
import type { NodeLineage } from "./types.ts";

/** What came up while a query was read. */
export interface Attempt {
  problems: Set<string>;
  /** Names that DuckDB may spell in another way. */
  uncertain: Set<string>;
}

/** What a table's name leads to: a node that was read already, or something outside of the project. */
export class Tables {
  /** Nodes that were read, by unique id, and what was met outside of the project, by its SQL. */
  readonly states = new Map<string, NodeState>();
  /** Sources that are files, by {@link fileKey}. */
  readonly files = new Map<string, string>();
  readonly #manifest: Manifest;
  readonly #facts: Facts;
  readonly #catalogue: Catalogue;

  constructor(manifest: Manifest, facts: Facts, catalogue: Catalogue) {
    this.#manifest = manifest;
    this.#facts = facts;
    this.#catalogue = catalogue;
  }

  /** What reading a node's query needs; `discover` hears of columns that somebody names and nobody knew. */
  reading(node: GraphNode, { problems, uncertain }: Attempt, discover: (id: string, name: string) => void): Reading {
    const parents = new Set(node.depends_on.nodes);
    const ephemeral = new Map(
      (node.extra_ctes ?? []).map(({ id }) => {
        const model = this.#manifest.nodes[id];
        return [fold(`__dbt__cte__${String(model?.cte_name ?? model?.alias)}`), id];
      }),
    );
    const relationOf = (id: string): Relation | undefined => {
      const state = this.states.get(id);
      return state && { ...columnsAsRead(state, discover), rows: new RowDependencies() };
    };
    return {
      facts: this.#facts,
      query: readQuery,
      star: starArguments,
      problem: (message) => void problems.add(message),
      uncertain: (name) => void uncertain.add(name),
      ephemeral: (name) => {
        const id = ephemeral.get(fold(name));
        return id === undefined ? undefined : relationOf(id);
      },
      pathOf: (from) => this.#catalogue.pathOf(from),
      table: (from) => {
        const file = this.files.get(fileKey(from));
        const keys = from.type === "BASE_TABLE" ? this.#catalogue.keysOf(from) : [];
        const candidates = file === undefined ? keys.flatMap((key) => this.#catalogue.nodesAt(key)) : [file];
        const id = candidates.find((candidate) => parents.has(candidate)) ?? candidates[0];
        if (id === undefined) return this.#outside(from, keys, relationOf);
        return relationOf(id) ?? this.#asBuilt(id, keys);
      },
    };
  }

  /** A node that is read before it is known: an incremental model reads itself. */
  #asBuilt(id: string, keys: readonly string[]): Relation {
    const names = keys.map((key) => this.#catalogue.columnsAt(key)).find((columns) => columns !== undefined);
    const column = (name: string) => ({ name, dependencies: Dependencies.of(id, name) });
    const rest: Rest = { maybe: () => true, get: (name) => Dependencies.of(id, name) };
    return { columns: (names ?? []).map(column), rest: names ? undefined : rest, rows: new RowDependencies() };
  }

  /** A relation, file or function that no node stands for is known by its SQL. */
  #outside(from: Tree, keys: readonly string[], relationOf: (id: string) => Relation | undefined): Relation {
    const sql = this.#facts.textOf(from);
    const built = keys.map((key) => this.#catalogue.columnsAt(key)).find((columns) => columns !== undefined);
    const names = built ?? this.#facts.columnsOf(from);
    if (sql === undefined || names === undefined)
      return { columns: [], rest: unknownRest, rows: new RowDependencies() };
    const id =
      keys.map((key) => this.#catalogue.nameAt(key)).find((name) => name !== undefined) ??
      sql ??
      text(from, "table_name");
    if (!this.states.has(id)) {
      const columns = (names ?? []).map((name) => ({ name, upstream: [], complete: true }));
      const problems = names ? [] : ["Its columns are not known."];
      const outcome = { resource_type: "relation", status: "origin", columns_complete: names !== null } as const;
      const lineage: NodeLineage = { unique_id: id, name: id, ...outcome, columns, filters: [], problems };
      this.states.set(id, new NodeState(lineage, names ? undefined : originRest));
    }
    return relationOf(id) as Relation;
  }
}

/** Nothing lies behind a column of a source. */
export const originRest: Rest = { maybe: () => true, get: () => new Dependencies() };

/** A table reference without its alias: two of one file are equal. */
export const fileKey = (from: Tree): string => canonical({ ...from, alias: "", column_name_alias: [], sample: null });
