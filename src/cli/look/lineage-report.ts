import type { ColumnEdge, ColumnId, LineageGraph, NodeLineage, RowEdge, TransformationKind } from "#engine/index.ts";
import type { Io } from "../io.ts";
import { palette, type Palette, plural, printable, renderTable } from "../render/index.ts";

type Screen = Pick<Io, "color" | "isTTY" | "width">;

/** A lineage for people: of a column a tree, of a model its columns, of a project its nodes. */
export function lineageReport(graph: LineageGraph, screen: Screen, options: { trees: boolean }): string {
  const view = new View(graph, screen);
  if (graph.focus.node === null) return view.project();
  if (graph.focus.column !== null) return view.column({ node: graph.focus.node, column: graph.focus.column });
  return view.model(graph.focus.node, options.trees);
}

class View {
  readonly #graph: LineageGraph;
  readonly #screen: Screen;
  readonly #paint: Palette;
  readonly #nodes: Map<string, NodeLineage>;

  constructor(graph: LineageGraph, screen: Screen) {
    this.#graph = graph;
    this.#screen = screen;
    this.#paint = palette(screen.color);
    this.#nodes = new Map(graph.nodes.map((node) => [node.unique_id, node]));
  }

  project(): string {
    const status = {
      resolved: this.#paint.green,
      partial: this.#paint.yellow,
      failed: this.#paint.red,
      origin: this.#paint.dim,
    };
    const rows = this.#graph.nodes.map((node) => [
      this.#name(node.unique_id),
      node.resource_type,
      `${node.columns.length}${node.columns_complete ? "" : "+"}`,
      status[node.status](node.status),
      node.status === "resolved" ? "" : printable(node.problems.join(" ").split("\n", 1)[0] ?? ""),
    ]);
    return this.#table(
      [
        { title: "NODE" },
        { title: "TYPE" },
        { title: "COLUMNS", align: "right" },
        { title: "LINEAGE" },
        { title: "WHAT IS UNKNOWN", shrinkTo: 20 },
      ],
      rows,
    );
  }

  model(id: string, trees: boolean): string {
    const node = this.#nodes.get(id);
    if (!node) return "";
    const lines = [
      `${this.#paint.bold(this.#name(id))}  ${this.#paint.dim(`${node.resource_type}, ${plural(node.columns.length, "column")}`)}\n`,
    ];
    lines.push(this.#unknown(node));
    if (trees) for (const { name } of node.columns) lines.push("\n", this.#branches({ node: id, column: name }));
    else if (node.status === "origin") lines.push(this.#list(node));
    else lines.push("\n", this.#columns(node));
    lines.push(this.#rowsOf(id));
    if (!trees) lines.push(this.#usedBy(id));
    lines.push(this.#decides(id));
    return lines.join("");
  }

  column(focus: ColumnId): string {
    const node = this.#nodes.get(focus.node);
    if (!node) return "";
    const own = this.#into(focus);
    const kind = own.length > 0 ? `, ${strongest(own)}` : "";
    const [made, used] = [this.#made(focus), this.#used(focus)];
    const nothing = node.status === "origin" ? "" : this.#paint.dim("\nIt is made of no column.\n");
    return [
      `${this.#paint.bold(this.#full(focus))}${this.#doubt(focus)}  ${this.#paint.dim(`column of a ${node.resource_type}${kind}`)}\n`,
      this.#unknown(node),
      made === "" ? nothing : `\nMade of\n${made}`,
      this.#rowsOf(focus.node),
      used === "" ? "" : `\nUsed by\n${used}`,
      this.#decides(focus.node),
    ].join("");
  }

  /** One column of a model, with its trees. */
  #branches(focus: ColumnId): string {
    const tree = (title: string, text: string): string => (text === "" ? "" : `${this.#paint.dim(title)}\n${text}`);
    const name = this.#paint.bold(printable(focus.column));
    return `${name}\n${tree("made of", this.#made(focus))}${tree("used by", this.#used(focus))}`;
  }

  #unknown(node: NodeLineage): string {
    return node.status === "resolved"
      ? ""
      : node.problems.map((problem) => `${this.#paint.yellow(printable(problem))}\n`).join("");
  }

  /** Columns where lineage begins have nothing to tell but their names. */
  #list(node: NodeLineage): string {
    const names = [...node.columns.map(({ name }) => printable(name)), ...(node.columns_complete ? [] : ["…"])];
    return names.length > 0 ? `\n${names.join(", ")}\n` : "";
  }

  /** A line for every origin of every column. */
  #columns(node: NodeLineage): string {
    const rows = node.columns.flatMap(({ name, upstream, complete }) => {
      const origins = upstream.map((origin) => [this.#kind(origin.kind), this.#full(origin)]);
      if (!complete) origins.push(["", this.#paint.yellow("?")]);
      if (origins.length === 0) origins.push(["", ""]);
      return origins.map((cells, i) => [i === 0 ? printable(name) : "", ...cells]);
    });
    if (!node.columns_complete) rows.push([this.#paint.yellow("…"), "", ""]);
    return this.#table([{ title: "COLUMN" }, { title: "KIND" }, { title: "MADE OF", shrinkTo: 30 }], rows);
  }

  /** What a column is made of, as a tree; each column is followed once. */
  #made(focus: ColumnId): string {
    return this.#tree(focus, (id) => this.#into(id).map((edge) => ({ id: edge.from, kind: edge.kind })));
  }

  #used(focus: ColumnId): string {
    return this.#tree(focus, (id) => this.#outOf(id).map((edge) => ({ id: edge.to, kind: edge.kind })));
  }

  #tree(focus: ColumnId, next: (id: ColumnId) => { id: ColumnId; kind: TransformationKind }[]): string {
    const rows: [string, string][] = [];
    const seen = new Set([keyOf(focus)]);
    const visit = (id: ColumnId, indent: string): void => {
      const children = next(id);
      for (const [i, child] of children.entries()) {
        const last = i === children.length - 1;
        const again = seen.has(keyOf(child.id));
        const more = again && next(child.id).length > 0 ? " …" : "";
        const label = `${this.#full(child.id)}${this.#doubt(child.id)}${this.#paint.dim(more)}`;
        rows.push([`${indent}${last ? "└─" : "├─"} ${label}`, this.#kind(child.kind)]);
        if (again) continue;
        seen.add(keyOf(child.id));
        visit(child.id, `${indent}${last ? "   " : "│  "}`);
      }
    };
    visit(focus, "");
    return renderTable([{ title: "" }, { title: "" }], rows, { header: false });
  }

  /** Columns that decide about the rows of a node. */
  #rowsOf(id: string): string {
    const rows = this.#graph.rows.filter((row) => row.to === id);
    if (rows.length === 0) return "";
    return `\nRows of ${this.#name(id)} depend on\n${this.#clauses(rows, (row) => this.#full(row.from))}`;
  }

  /** Nodes whose rows are decided by columns of this one, or of what is made of it. */
  #decides(id: string): string {
    const rows = this.#graph.rows.filter((row) => row.to !== id);
    if (rows.length === 0) return "";
    return `\nRows that depend on it\n${this.#clauses(rows, (row) => `${this.#name(row.to)}  ${this.#paint.dim(`by ${this.#full(row.from)}`)}`)}`;
  }

  #clauses(rows: readonly RowEdge[], text: (row: RowEdge) => string): string {
    const lines = rows.map((row): [string, string] => [text(row), this.#paint.dim(row.clauses.join(", "))]);
    return renderTable([{ title: "" }, { title: "" }], lines, { header: false, indent: "  " });
  }

  #usedBy(id: string): string {
    const edges = this.#graph.edges.filter((edge) => edge.from.node === id);
    if (edges.length === 0) return "";
    const rows = edges.map((edge) => [printable(edge.from.column), this.#kind(edge.kind), this.#full(edge.to)]);
    return `\nUsed by\n${this.#table([{ title: "COLUMN" }, { title: "KIND" }, { title: "IN", shrinkTo: 30 }], rows)}`;
  }

  #into(id: ColumnId): ColumnEdge[] {
    return this.#graph.edges.filter((edge) => keyOf(edge.to) === keyOf(id));
  }

  #outOf(id: ColumnId): ColumnEdge[] {
    return this.#graph.edges.filter((edge) => keyOf(edge.from) === keyOf(id));
  }

  /** A mark at a column that is made of more than is known. */
  #doubt({ node, column }: ColumnId): string {
    const found = this.#nodes.get(node)?.columns.find(({ name }) => name.toLowerCase() === column.toLowerCase());
    return found?.complete === false ? this.#paint.yellow(" ?") : "";
  }

  #full({ node, column }: ColumnId): string {
    return `${this.#name(node)}.${printable(column)}`;
  }

  /** The short name, or the unique id where two nodes share it. */
  #name(id: string): string {
    const short = (node: NodeLineage): string =>
      node.resource_type === "source" ? node.unique_id.split(".").slice(2).join(".") : node.name;
    const node = this.#nodes.get(id);
    if (!node) return printable(id);
    const twins = this.#graph.nodes.filter((other) => short(other) === short(node));
    return printable(twins.length > 1 ? id : short(node));
  }

  #kind(kind: TransformationKind): string {
    return kind === "identity"
      ? this.#paint.dim(kind)
      : kind === "derived"
        ? this.#paint.cyan(kind)
        : this.#paint.magenta(kind);
  }

  #table(columns: Parameters<typeof renderTable>[0], rows: string[][]): string {
    const { color, isTTY, width } = this.#screen;
    return renderTable(columns, rows, { color, ...(isTTY && { width }) });
  }
}

const keyOf = ({ node, column }: ColumnId): string => `${node}\n${column.toLowerCase()}`;

function strongest(all: readonly { kind: TransformationKind }[]): TransformationKind {
  const kinds = all.map(({ kind }) => kind);
  return kinds.includes("aggregated") ? "aggregated" : kinds.includes("derived") ? "derived" : "identity";
}
