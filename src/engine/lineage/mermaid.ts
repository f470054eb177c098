import { fold } from "./tree.ts";
import type { LineageGraph } from "./trace.ts";

/**
 * A lineage as a Mermaid flowchart: a box a node, in it its columns. Arrows carry the kind unless a value is passed on as
 * it is; dotted ones lead from columns that decide about rows to the node whose rows they are.
 */
export function lineageMermaid(graph: LineageGraph): string {
  const lines = ["flowchart LR"];
  const ids = new Map<string, string>();
  for (const [n, node] of graph.nodes.entries()) {
    const box = `n${n}`;
    ids.set(node.unique_id, box);
    lines.push(`  subgraph ${box}["${escaped(`${node.name} (${node.resource_type})`)}"]`);
    const columns = graph.columns[node.unique_id] ?? [];
    for (const [c, column] of columns.entries()) {
      ids.set(keyOf(node.unique_id, column), `${box}c${c}`);
      lines.push(`    ${box}c${c}["${escaped(column)}"]`);
    }
    // A box without anything inside is drawn by older versions as an error.
    if (columns.length === 0) lines.push(`    ${box}r[" "]`);
    lines.push("  end");
  }
  for (const { from, to, kind } of graph.edges) {
    const [a, b] = [ids.get(keyOf(from.node, from.column)), ids.get(keyOf(to.node, to.column))];
    if (a && b) lines.push(`  ${a} -->${kind === "identity" ? "" : `|${kind}|`} ${b}`);
  }
  for (const { from, to, clauses } of graph.rows) {
    const [a, b] = [ids.get(keyOf(from.node, from.column)), ids.get(to)];
    // A box cannot point at itself, as an incremental model does that reads its own rows.
    if (a && b && from.node !== to) lines.push(`  ${a} -.->|${clauses.join(", ")}| ${b}`);
  }
  const { node, column } = graph.focus;
  const marked = node === null ? undefined : ids.get(column === null ? node : keyOf(node, column));
  if (marked) lines.push(`  style ${marked} stroke-width:3px`);
  return `${lines.join("\n")}\n`;
}

const keyOf = (node: string, column: string): string => `${node}\n${fold(column)}`;

/** Mermaid reads entities in quoted texts; quotes and markup are nothing else. */
const escaped = (text: string): string => text.replace(/[#"<>&\n]/g, (character) => `#${character.charCodeAt(0)};`);
