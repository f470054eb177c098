import { bindMacro, jsonDumps, noKwargs, parseMacros, PyDict, str } from "#jinja/index.ts";
import { illegalComment } from "../adapter/index.ts";
import { defaultQueryComment } from "../1-read/index.ts";
import { toValue } from "../context/data.ts";
import { ScopeDict } from "../context/parse-members.ts";
import { type Members, NodeScope } from "../context/scope.ts";
import { baseMembers } from "../context/base-members.ts";
import { targetValue } from "../context/target-value.ts";
import { dbtVersion, type Runtime } from "../context/runtime.ts";
import type { AnyNode } from "../events.ts";

/** The comment in front of every statement of a node, null when the project switched it off. Source: dbt-adapters base/query_headers.py. */
export async function queryComment(
  runtime: Runtime,
  node: AnyNode | undefined,
  connection = node?.unique_id ?? "master",
): Promise<string | null> {
  const { comment } = runtime.read.root.queryComment;
  if (comment === null || comment === "") return null;
  if (comment === defaultQueryComment) {
    const fields = new PyDict([
      ["app", "dbt"],
      ["dbt_version", dbtVersion],
      ["profile_name", runtime.target.profileName],
      ["target_name", runtime.target.targetName],
      node === undefined ? ["connection_name", connection] : ["node_id", node.unique_id],
    ]);
    return jsonDumps(fields);
  }
  const members: Members = {
    ...baseMembers(runtime, { targetValue: () => targetValue(runtime.target), threadId: "MainThread" }),
    connection_name: connection,
    node: () => (node === undefined ? null : toValue(node)),
    context: () => new ScopeDict(scope),
    builtins: () => new ScopeDict(scope, members),
  };
  const scope = new NodeScope(runtime.macros, runtime.read.root.name, members);
  // As in dbt the comment is the body of a macro, so that it may return().
  const macro = `{%- macro query_comment(connection_name, node) -%}${comment}{%- endmacro -%}`;
  const [definition] = parseMacros(macro, { file: "dbt_project.yml" });
  if (!definition) throw new TypeError("the query comment is no macro");
  const args = [scope.get("connection_name") ?? null, scope.get("node") ?? null];
  const text = str(await bindMacro(definition, scope).call(args, noKwargs)).trim();
  if (text.includes("*/")) throw illegalComment(text);
  return text;
}
