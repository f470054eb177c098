import { noKwargs, str, toPlain } from "#jinja/index.ts";
import type { Relation } from "../adapter/index.ts";
import { isRecord } from "../context/data.ts";
import type { NodeExecution } from "../context/execution.ts";
import { modelValue } from "../context/model-value.ts";
import { runScope } from "../context/run-members.ts";
import { engineError } from "../errors.ts";
import type { GraphNode } from "../manifest/types.ts";

/** Whether the latest version of a model is also to be found under a name without a version. */
function wantsPointer(execution: NodeExecution): boolean {
  const { node, runtime } = execution;
  if (node.resource_type !== "model" || node.version === null || node.version === undefined) return false;
  if (String(node.version) !== String(node.latest_version)) return false;
  const own = isRecord(node.config.latest_version_pointer) ? node.config.latest_version_pointer.enabled : null;
  return own === null || own === undefined
    ? runtime.read.root.flags.latest_version_pointer_enabled_by_default === true
    : own === true;
}

/**
 * The node of a view of the latest version, to be materialized as a view and without the model's hooks.
 * Source: dbt-core task/run.py _materialize_latest_version_pointer.
 */
export async function latestVersionPointer(
  execution: NodeExecution,
  source: Relation | undefined,
): Promise<GraphNode | undefined> {
  if (!source || !wantsPointer(execution)) return undefined;
  const { node } = execution;
  const identifier = await pointerName(execution);
  if (source.identifier === identifier) {
    throw engineError("runtime", {
      message: `Cannot create latest version pointer: the latest version of '${node.name}' is already aliased to '${identifier}'. Set \`latest_version_pointer: enabled: false\` or remove the conflicting alias.`,
      place: { file: node.original_file_path },
      hint: "Give the version another alias.",
    });
  }
  const code = `select * from ${str(source)}`;
  return {
    ...node,
    alias: identifier,
    raw_code: code,
    compiled_code: code,
    compiled: true,
    unique_id: `${node.unique_id}__latest_version_pointer`,
    config: { ...node.config, "pre-hook": [], "post-hook": [], persist_docs: {} },
  };
}

async function pointerName(execution: NodeExecution): Promise<string> {
  const { node, runtime } = execution;
  const config = node.config.latest_version_pointer;
  const custom = isRecord(config) && config.alias ? String(config.alias).trim() : null;
  const macro = runtime.macros.lookup("generate_latest_version_pointer_alias", runtime.macros.root);
  if (!macro) return custom ?? node.name;
  const { scope } = runScope(execution);
  return String(toPlain(await scope.call(macro, [custom, modelValue(node)], noKwargs))).trim();
}
