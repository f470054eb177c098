import { hasJinja, parseTemplate, str } from "#jinja/index.ts";
import { deferRelation, relationFromNode } from "../context/relations.ts";
import type { NodeExecution } from "../context/execution.ts";
import { isNodeEphemeral, targetFilePath } from "../context/node-paths.ts";
import { runScope, type Overrides } from "../context/run-members.ts";
import type { NodeScope } from "../context/scope.ts";
import { sharedTemplate } from "../context/shared-templates.ts";
import { staticReference } from "../context/static-reference.ts";
import { resolveRef, resolveSource } from "../3-link/resolve.ts";
import { inNode, renderedArguments, testArgumentsName } from "../2-parse/index.ts";
import { engineError } from "../errors.ts";
import type { GraphNode, PlainRecord } from "../manifest/types.ts";
import { linesAboveOf } from "../manifest/source-lines.ts";
import { injectCtes, type InjectedCte } from "./inject-ctes.ts";

/** Ephemeral models are compiled once a run, whoever needs them first. */
export type EphemeralCompilations = Map<string, Promise<InjectedCte[]>>;

export interface CompileOptions {
  ephemeral: EphemeralCompilations;
  overrides?: Overrides;
  /** false: CTEs of ephemeral models are left out. */
  inject?: boolean;
  /** Write target/compiled. Default true. */
  write?: boolean;
  /** Adds names to the scope before rendering. */
  prepare?: (scope: NodeScope) => void;
}

/**
 * Renders a node to its SQL, with the CTEs of ephemeral models it refers to.
 * Errors carry the node and the place in its file. Source: dbt-core compilation.py Compiler.compile_node.
 */
export async function compileNode(execution: NodeExecution, options: CompileOptions): Promise<void> {
  const { node } = execution;
  try {
    await render(execution, options);
    if (options.inject !== false) await prependCtes(execution, options);
  } catch (error) {
    throw inNode(error, node);
  }
  if (options.write !== false) writeCompiled(execution);
}

/** Writes target/compiled. `keep`: the SQL is that of the last run, and so is the file that is there. */
export function writeCompiled(execution: NodeExecution, keep = false): void {
  const { node } = execution;
  if (!node.compiled_code) return;
  node.compiled_path = targetFilePath(execution.runtime, node, "compiled", execution.batch?.id);
  execution.writeFile(node.compiled_path, node.compiled_code, keep);
}

async function render(execution: NodeExecution, options: CompileOptions): Promise<void> {
  const { node, runtime, templates } = execution;
  node.extra_ctes = [];
  node.extra_ctes_injected = false;
  if (node.language === "python" && node.resource_type === "model") {
    node.compiled_code = await pythonCode(execution, options);
  } else {
    const { scope } = runScope(execution, options.overrides);
    options.prepare?.(scope);
    if (node.test_metadata)
      scope.set(testArgumentsName, await renderedArguments(node.test_metadata.kwargs, scope, node.original_file_path));
    let template = templates.get(node.unique_id);
    if (!template && hasJinja(node.raw_code)) {
      const above = linesAboveOf(node);
      template =
        node.test_metadata && above === 0
          ? sharedTemplate(node.raw_code, node.original_file_path)
          : parseTemplate(node.raw_code, {
              file: node.original_file_path,
              offset: above,
              fileSource: "\n".repeat(above) + node.raw_code,
            });
      templates.set(node.unique_id, template);
    }
    node.compiled_code = template ? await template.render(scope) : node.raw_code;
    for (const overload of (node.overloads as PlainRecord[] | undefined) ?? []) {
      const body = String(overload.raw_body ?? "");
      const options = { file: node.original_file_path };
      overload.compiled_body = hasJinja(body) ? await parseTemplate(body, options).render(scope) : body;
    }
  }
  node.compiled = true;
  if (node.resource_type === "test" && node.relation_name === null && wantsFailuresStored(execution)) {
    node.relation_name = str(relationFromNode(node, runtime.read.root.quoting));
  }
  if (node.resource_type === "model") compileForeignKeys(execution);
}

/** A Python model with the text that its `dbt` argument is made of. Source: dbt-core compilation.py _compile_code. */
async function pythonCode(execution: NodeExecution, options: CompileOptions): Promise<string> {
  const { node } = execution;
  const { scope } = runScope(execution, options.overrides);
  const postfix = await parseTemplate("{{ py_script_postfix(model) }}", { file: node.original_file_path }).render(
    scope,
  );
  return `${node.raw_code}\n\n${postfix}`;
}

/** `--store-failures` gives every test a relation; whether it is filled, the test's own config decides. */
export function wantsFailuresStored(execution: NodeExecution): boolean {
  return execution.node.config.store_failures === true || execution.runtime.flags.storeFailures === true;
}

/** `to: ref('x')` of a foreign key becomes the relation. */
function compileForeignKeys(execution: NodeExecution): void {
  const { node, lookup, runtime } = execution;
  const constraints = [...(node.constraints ?? []), ...Object.values(node.columns).flatMap((c) => c.constraints)];
  for (const constraint of constraints) {
    if (constraint.type !== "foreign_key" || !constraint.to) continue;
    const reference = staticReference(String(constraint.to));
    if (!reference) continue;
    const root = runtime.read.root.name;
    const resolved =
      reference.kind === "ref"
        ? resolveRef(lookup, root, node, reference.args)
        : resolveSource(lookup, root, node, reference.args);
    if (!("node" in resolved))
      throw engineError("reference", {
        message: `'${node.name}' refers to '${String(constraint.to)}' in a foreign key, which was not found`,
        place: { file: node.original_file_path },
      });
    const target = resolved.node as GraphNode;
    // What is built in this run is meant as it will be here.
    const away = runtime.flags.defer && !execution.selected.has(target.unique_id);
    const other = away ? deferRelation(target, runtime.read.root.quoting) : undefined;
    constraint.to = str(other ?? relationFromNode(resolved.node, runtime.read.root.quoting));
  }
}

/** CTEs of all ephemeral ancestors, each once, parents first. */
async function prependCtes(execution: NodeExecution, options: CompileOptions): Promise<void> {
  const { node } = execution;
  if (node.extra_ctes.length === 0) {
    node.extra_ctes_injected = true;
    return;
  }
  const ctes: InjectedCte[] = [];
  for (const { id } of node.extra_ctes) {
    for (const cte of await compileEphemeral(execution, options, id))
      if (!ctes.some((c) => c.id === cte.id)) ctes.push(cte);
  }
  node._pre_injected_sql = node.compiled_code;
  node.compiled_code = injectCtes(node.compiled_code ?? "", ctes);
  node.extra_ctes = ctes;
  node.extra_ctes_injected = true;
}

function compileEphemeral(execution: NodeExecution, options: CompileOptions, id: string): Promise<InjectedCte[]> {
  const known = options.ephemeral.get(id);
  if (known) return known;
  const compiled = compileOneEphemeral(execution, options, id);
  options.ephemeral.set(id, compiled);
  return compiled;
}

async function compileOneEphemeral(
  execution: NodeExecution,
  options: CompileOptions,
  id: string,
): Promise<InjectedCte[]> {
  const node = execution.fixtures?.get(id) ?? execution.runtime.manifest.nodes[id];
  if (!node || !isNodeEphemeral(node))
    throw engineError("runtime", { message: `${id} is not ephemeral`, dbtType: "Internal Error" });
  if (!node.extra_ctes_injected) await compileNode({ ...execution, node }, { ephemeral: options.ephemeral });
  const own: InjectedCte = {
    id,
    sql: ` __dbt__cte__${String(node.cte_name ?? node.alias)} as (\n${node._pre_injected_sql ?? node.compiled_code ?? ""}\n)`,
  };
  return [...(node.extra_ctes as InjectedCte[]), own];
}
