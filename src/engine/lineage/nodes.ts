import type { GraphNode, Manifest, SourceNode } from "../manifest/types.ts";
import { Dependencies } from "./dependencies.ts";
import type { Rest } from "./relation.ts";
import { fold } from "./tree.ts";
import type { NodeLineage } from "./types.ts";

/** A node on its way: what others may read of it. */
export class NodeState {
  readonly lineage: NodeLineage;
  /** Columns beyond those in `lineage`; undefined when there are none. */
  readonly rest: Rest | undefined;

  constructor(lineage: NodeLineage, rest: Rest | undefined) {
    this.lineage = lineage;
    this.rest = rest;
  }

  /** A column that somebody reads must be there: its own lineage is noted, as far as it is known. */
  discover(name: string): void {
    const { columns } = this.lineage;
    if (columns.some((column) => fold(column.name) === fold(name)) || !this.rest?.maybe(name)) return;
    const dependencies = this.rest.get(name);
    columns.push({ name, upstream: dependencies.origins, complete: dependencies.complete });
  }
}

/** The columns of a node as another one reads them. */
export function columnsAsRead(state: NodeState, discover: (id: string, name: string) => void) {
  const id = state.lineage.unique_id;
  const columns = state.lineage.columns.map(({ name }) => ({ name, dependencies: Dependencies.of(id, name) }));
  const { rest } = state;
  const further: Rest | undefined = rest && {
    maybe: rest.maybe,
    get: (name) => {
      discover(id, name);
      return Dependencies.of(id, name);
    },
  };
  return { columns, rest: further };
}

/** Nodes that have columns, parents first. Hooks and generic tests select nothing that anyone reads. */
export function nodesInOrder(manifest: Manifest): (GraphNode | SourceNode)[] {
  const wanted = (node: GraphNode): boolean =>
    ["model", "seed", "snapshot", "analysis"].includes(node.resource_type) ||
    (node.resource_type === "test" && node.test_metadata === undefined);
  const order: (GraphNode | SourceNode)[] = [];
  const done = new Set<string>();
  const visit = (id: string): void => {
    if (done.has(id)) return;
    done.add(id);
    const node = manifest.nodes[id] ?? manifest.sources[id];
    if (!node || (node.resource_type !== "source" && !wanted(node as GraphNode))) return;
    const parents = node.resource_type === "source" ? [] : (node as GraphNode).depends_on.nodes;
    for (const parent of parents) visit(parent);
    order.push(node);
  };
  for (const id of [...Object.keys(manifest.sources), ...Object.keys(manifest.nodes)].sort()) visit(id);
  return order;
}

/** Declared columns that a contract makes the whole list, and those that are only described. */
export function declaredColumns(node: GraphNode | SourceNode): { names: string[]; all: boolean } {
  const names = Object.values(node.columns).map((column) => column.name);
  return { names, all: (node as GraphNode).contract?.enforced === true && names.length > 0 };
}
