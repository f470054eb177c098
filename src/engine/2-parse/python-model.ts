import { PyObject, type Value } from "#jinja/index.ts";
import type { SourceFile } from "../1-read/types.ts";
import type { NodeScope } from "../context/scope.ts";
import { engineError } from "../errors.ts";
import { linesAboveOf, noteLinesAbove } from "../manifest/source-lines.ts";
import type { GraphNode } from "../manifest/types.ts";
import { renderNode } from "./node.ts";
import { dbtCalls, type PythonCall } from "./python-calls.ts";
import { checkModelFunction, type PythonProblem } from "./python-function.ts";
import { pythonLines } from "./python-source.ts";
import type { ParseState } from "./state.ts";

/** Keys and fallbacks that a model reads with `dbt.config.get` or `dbt.config.meta_get`. */
interface Reads {
  keys: Value[];
  fallbacks: Value[];
}

/**
 * Reads a Python model without running it: dbt.ref, dbt.source and dbt.config with literal arguments are carried out, what the
 * model reads from its config is noted. Errors: ENG-002 with dbt's text. Source: dbt-core parser/models.py parse_python_model.
 */
export function pythonModel(state: ParseState, node: GraphNode, options: { file: SourceFile; offset: number }): void {
  const fail: PythonProblem = (message, start, hint) => {
    const above = node.raw_code.slice(0, start).split("\n");
    const line = linesAboveOf(node) + above.length;
    const column = (above[above.length - 1] ?? "").length + 1;
    const source = "\n".repeat(linesAboveOf(node)) + node.raw_code;
    return engineError("parsing", { message, place: { file: node.original_file_path, line, column, source }, hint });
  };
  const { contents, leadingLines = 0 } = options.file;
  noteLinesAbove(node, leadingLines + contents.slice(0, options.offset).split("\n").length - 1);
  renderNode(state, node, { ...options, prepare: (scope) => readModel(node.raw_code, scope, fail) });
}

function readModel(source: string, scope: NodeScope, fail: PythonProblem): void {
  const jinja = source.search(/\{[{%#]/);
  if (jinja !== -1)
    throw fail("No jinja in python model code is allowed", jinja, "Use dbt.ref(), dbt.source() and dbt.config.get().");
  const lines = pythonLines(source);
  if (lines.length === 0) return;
  checkModelFunction(lines, fail);
  const config: Reads = { keys: [], fallbacks: [] };
  const meta: Reads = { keys: [], fallbacks: [] };
  for (const call of lines.flatMap((line) => dbtCalls(line.tokens, fail))) {
    if (call.name === "get") noteRead(call, "dbt.config.get()", config, fail);
    else if (call.name === "meta_get") noteRead(call, "dbt.config.meta_get()", meta, fail);
    else carryOut(scope, call);
  }
  if (config.keys.length + meta.keys.length === 0) return;
  const kwargs = new Map<string, Value>([
    ["config_keys_used", config.keys],
    ["config_keys_defaults", config.fallbacks],
    ["meta_keys_used", meta.keys],
    ["meta_keys_defaults", meta.fallbacks],
  ]);
  carryOut(scope, { name: "config", args: [], kwargs, start: 0 });
}

function noteRead(call: PythonCall, name: string, reads: Reads, fail: PythonProblem): void {
  const { args, start } = call;
  const hint = "Give it the key, and what to use when it is not set.";
  if (args.length === 0) throw fail(`${name} requires at least one argument`, start, hint);
  if (args.length > 2) throw fail(`${name} takes at most 2 arguments (${args.length} given)`, start, hint);
  reads.keys.push(args[0] ?? null);
  reads.fallbacks.push(args[1] ?? null);
}

/** Calls `ref`, `source` or `config` as a template would; a project may have a macro of that name. */
function carryOut(scope: NodeScope, call: PythonCall): void {
  const target = scope.get(call.name);
  if (target instanceof PyObject) void target.call(call.args, call.kwargs);
}
