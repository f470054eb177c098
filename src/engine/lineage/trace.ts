import { didYouMean } from "#errors/index.ts";
import { engineError } from "../errors.ts";
import { fold, sameName } from "./tree.ts";
import type { Clause, ColumnLineage, NodeLineage, ProjectLineage, TransformationKind } from "./types.ts";

/** A column of a node. */
export interface ColumnId {
  node: string;
  column: string;
}

/** A column's values take part in another's. */
export interface ColumnEdge {
  from: ColumnId;
  to: ColumnId;
  kind: TransformationKind;
}

/** A column decides about the rows of a node. */
export interface RowEdge {
  from: ColumnId;
  /** Unique id. */
  to: string;
  clauses: Clause[];
}

/** The part of a project's lineage that lies around a model or a column, or all of it. */
export interface LineageGraph {
  /** What was asked for; without a node the whole project, without a column all columns of the node. */
  focus: { node: string | null; column: string | null };
  /** Nodes that take part, parents first. */
  nodes: NodeLineage[];
  /** Columns that take part, by unique id. */
  columns: Record<string, string[]>;
  edges: ColumnEdge[];
  rows: RowEdge[];
}

export interface TraceOptions {
  /** `model`, `source.table`, `model.column`, `source.table.column` or unique ids; everything when left out. */
  of?: string;
  /** Follow what columns are made of. Default true. */
  upstream?: boolean;
  /** Follow what is made of columns. Default true. */
  downstream?: boolean;
  /** Steps to follow in each direction. Default: to the end. */
  depth?: number;
}

/**
 * The lineage around a model or a column.
 * Errors: ENG-010 when there is no such model or column, or several of that name.
 */
export function traceLineage(lineage: ProjectLineage, options: TraceOptions = {}): LineageGraph {
  const graph = new Tracer(lineage);
  if (options.of === undefined) return graph.whole();
  const { node, column } = findColumn(lineage, options.of);
  const { upstream = true, downstream = true, depth = Number.POSITIVE_INFINITY } = options;
  return graph.around(node, column, { upstream, downstream, depth });
}

class Tracer {
  readonly #lineage: ProjectLineage;
  readonly #columns = new Map<string, Map<string, string>>();
  readonly #edges: ColumnEdge[] = [];
  readonly #rows: RowEdge[] = [];

  constructor(lineage: ProjectLineage) {
    this.#lineage = lineage;
  }

  whole(): LineageGraph {
    for (const node of Object.values(this.#lineage.nodes)) {
      this.#touch(node.unique_id);
      for (const column of node.columns) this.#incoming(node.unique_id, column, () => {});
      this.#rowsOf(node);
    }
    return this.#result({ node: null, column: null });
  }

  around(
    node: NodeLineage,
    column: ColumnLineage | undefined,
    { upstream, downstream, depth }: Required<Omit<TraceOptions, "of">>,
  ): LineageGraph {
    const start = (column ? [column] : node.columns).map(({ name }) => ({ node: node.unique_id, column: name }));
    this.#touch(node.unique_id);
    for (const id of start) this.#touch(id.node, id.column);
    if (upstream) {
      this.#rowsOf(node);
      this.#walk(start, depth, (id, next) => {
        const found = this.#column(id);
        if (found) this.#incoming(id.node, found, next);
      });
    }
    if (downstream) this.#downstream(start, depth);
    return this.#result({ node: node.unique_id, column: column?.name ?? null });
  }

  #downstream(start: readonly ColumnId[], depth: number): void {
    const uses = new Map<string, { edges: ColumnEdge[]; rows: RowEdge[] }>();
    const usesOf = (node: string, column: string) => {
      const key = `${node}\n${fold(column)}`;
      const known = uses.get(key) ?? { edges: [], rows: [] };
      uses.set(key, known);
      return known;
    };
    for (const { unique_id, columns, filters } of Object.values(this.#lineage.nodes)) {
      for (const { name, upstream } of columns)
        for (const { node, column, kind } of upstream)
          usesOf(node, column).edges.push({ from: { node, column }, to: { node: unique_id, column: name }, kind });
      for (const { node, column, clauses } of filters)
        usesOf(node, column).rows.push({ from: { node, column }, to: unique_id, clauses });
    }
    this.#walk(start, depth, (id, next) => {
      const { edges, rows } = usesOf(id.node, id.column);
      for (const edge of edges) {
        this.#edge(edge);
        next(edge.to);
      }
      for (const row of rows) this.#row(row);
    });
  }

  /** Steps outwards from some columns, each column once. */
  #walk(start: readonly ColumnId[], depth: number, step: (id: ColumnId, next: (id: ColumnId) => void) => void): void {
    const seen = new Set(start.map(({ node, column }) => `${node}\n${fold(column)}`));
    let layer = [...start];
    for (let steps = 0; steps < depth && layer.length > 0; steps++) {
      const following: ColumnId[] = [];
      for (const id of layer)
        step(id, (next) => {
          const key = `${next.node}\n${fold(next.column)}`;
          if (seen.has(key)) return;
          seen.add(key);
          following.push(next);
        });
      layer = following;
    }
  }

  #column({ node, column }: ColumnId): ColumnLineage | undefined {
    return this.#lineage.nodes[node]?.columns.find(({ name }) => sameName(name, column));
  }

  #incoming(node: string, { name, upstream }: ColumnLineage, next: (id: ColumnId) => void): void {
    this.#touch(node, name);
    for (const { node: parent, column, kind } of upstream) {
      const from = { node: parent, column };
      this.#edge({ from, to: { node, column: name }, kind });
      next(from);
    }
  }

  #rowsOf({ unique_id, filters }: NodeLineage): void {
    for (const { node, column, clauses } of filters) this.#row({ from: { node, column }, to: unique_id, clauses });
  }

  #edge(edge: ColumnEdge): void {
    this.#touch(edge.from.node, edge.from.column);
    this.#touch(edge.to.node, edge.to.column);
    this.#edges.push(edge);
  }

  #row(row: RowEdge): void {
    this.#touch(row.from.node, row.from.column);
    this.#touch(row.to);
    this.#rows.push(row);
  }

  #touch(node: string, column?: string): void {
    const columns = this.#columns.get(node) ?? new Map<string, string>();
    this.#columns.set(node, columns);
    if (column !== undefined && !columns.has(fold(column))) columns.set(fold(column), column);
  }

  #result(focus: LineageGraph["focus"]): LineageGraph {
    const nodes = Object.values(this.#lineage.nodes).filter(({ unique_id }) => this.#columns.has(unique_id));
    const columns: Record<string, string[]> = {};
    for (const { unique_id, columns: own } of nodes) {
      const touched = this.#columns.get(unique_id) ?? new Map<string, string>();
      // In the order of the table.
      const known = own.filter(({ name }) => touched.has(fold(name))).map(({ name }) => name);
      columns[unique_id] = [
        ...new Set([
          ...known,
          ...[...touched].filter(([key]) => !known.some((name) => fold(name) === key)).map(([, name]) => name),
        ]),
      ];
    }
    return { focus, nodes, columns, edges: unique(this.#edges), rows: unique(this.#rows) };
  }
}

function unique<T>(all: readonly T[]): T[] {
  const seen = new Map(all.map((item) => [JSON.stringify(item), item]));
  return [...seen.values()];
}

/** Names by which a node can be asked for: its own, `source.table`, `package.model`, `model.v2`, its unique id. */
export function namesOf({ unique_id, name, resource_type }: NodeLineage): string[] {
  const path = unique_id.split(".");
  if (resource_type === "relation") return [unique_id];
  if (resource_type === "source") return [unique_id, path.slice(2).join("."), path.slice(1).join(".")];
  return [...new Set([unique_id, name, path.slice(2).join("."), path.slice(1).join(".")])];
}

function findNodes(lineage: ProjectLineage, name: string): NodeLineage[] {
  const all = Object.values(lineage.nodes);
  const found = all.filter((node) => namesOf(node).some((known) => sameName(known, name)));
  // A test or an analysis may have a model's name; the model is meant.
  const main = found.filter((node) => !["test", "analysis"].includes(node.resource_type));
  if (found.length > 0) return main.length > 0 ? main : found;
  // The table of a source by itself, where nothing else has its name.
  return all.filter(
    (node) => node.resource_type === "source" && sameName(node.unique_id.split(".").at(-1) ?? "", name),
  );
}

/** `model`, or `model.column`: a column's name may contain dots, too. */
function findColumn(lineage: ProjectLineage, asked: string): { node: NodeLineage; column?: ColumnLineage } {
  const [whole, ...others] = findNodes(lineage, asked);
  if (whole && others.length > 0) throw several(asked, [whole, ...others]);
  if (whole) return { node: whole };
  for (let at = asked.lastIndexOf("."); at > 0; at = asked.lastIndexOf(".", at - 1)) {
    const nodes = findNodes(lineage, asked.slice(0, at));
    const name = asked.slice(at + 1);
    const [node] = nodes;
    if (!node) continue;
    if (nodes.length > 1) throw several(asked.slice(0, at), nodes);
    const column = node.columns.find((candidate) => sameName(candidate.name, name));
    if (column) return { node, column };
    throw noColumn(node, name);
  }
  const candidates = Object.values(lineage.nodes).flatMap(namesOf);
  const meant = didYouMean(asked, candidates) ?? meantColumn(lineage, asked);
  throw engineError("lineage", {
    message: `There is no model '${asked}' in this project.`,
    hint: meant ? `Did you mean \`${meant}\`?` : "`labs dbt ls` shows every model; a column is written `model.column`.",
  });
}

/** `modle.column`: the model that was meant, with the column. */
function meantColumn(lineage: ProjectLineage, asked: string): string | undefined {
  const at = asked.lastIndexOf(".");
  if (at <= 0) return undefined;
  const meant = didYouMean(asked.slice(0, at), Object.values(lineage.nodes).flatMap(namesOf));
  return meant && `${meant}${asked.slice(at)}`;
}

const several = (name: string, nodes: readonly NodeLineage[]) =>
  engineError("lineage", {
    message: `Several nodes are called '${name}'.`,
    hint: `Name one of ${nodes.map(({ unique_id }) => unique_id).join(", ")}.`,
  });

function noColumn(node: NodeLineage, name: string) {
  const names = node.columns.map((column) => column.name);
  const meant = didYouMean(name, names);
  const unknown = node.columns_complete ? "" : ` Not all of its columns are known: ${node.problems.join(" ")}`;
  return engineError("lineage", {
    message: `${node.name} has no column '${name}'.${unknown}`,
    hint: meant
      ? `Did you mean \`${node.name}.${meant}\`?`
      : `It has ${names.slice(0, 20).join(", ") || "no known column"}${names.length > 20 ? " …" : ""}.`,
  });
}
