import { renderTable, tableToJson, type AgateTable } from "../adapter/index.ts";
import type { Flags } from "../flags.ts";
import type { GraphNode } from "../manifest/types.ts";
import { jsonDumps, jsonLoads, PyDict } from "#jinja/index.ts";

/** Whether a node is shown: tests that came along with a model are not. Source: dbt-core task/compile.py task_end_messages. */
export function asked(flags: Flags, node: GraphNode): boolean {
  const [first] = flags.select;
  return flags.inline !== undefined || (first === undefined ? flags.selector !== undefined : first.includes(node.name));
}

/** What `compile` prints of a node. */
export function compiledText(node: GraphNode, flags: Flags): string {
  const code = node.compiled_code ?? "";
  if (flags.output === "json")
    return JSON.stringify(
      flags.inline === undefined ? { node: shownName(node), compiled: code } : { compiled: code },
      null,
      2,
    );
  if (flags.quiet) return code;
  return flags.inline === undefined
    ? `Compiled node '${shownName(node)}' is:\n${code}`
    : `Compiled inline node is:\n${code}`;
}

const shownName = (node: GraphNode): string =>
  node.version === null || node.version === undefined ? node.name : `${node.name}.v${node.version}`;

/** What `show` prints of a node. */
export function tableText(table: AgateTable, flags: Flags, node: GraphNode): string {
  if (flags.output === "json") {
    // Through Python's JSON, which keeps the point of 3.0.
    const shown = new PyDict([
      ...(flags.inline === undefined ? ([["node", shownName(node)]] as const) : []),
      ["show", jsonLoads(tableToJson(table))],
    ]);
    return jsonDumps(shown, { indent: 2 });
  }
  const text = renderTable(table, { maxRows: Number.MAX_SAFE_INTEGER, maxColumns: Number.MAX_SAFE_INTEGER });
  if (flags.quiet) return text;
  return flags.inline === undefined
    ? `Previewing node '${shownName(node)}':\n${text}`
    : `Previewing inline node:\n${text}`;
}
