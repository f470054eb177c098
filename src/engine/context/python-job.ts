import { str, type Value } from "#jinja/index.ts";
import { ResponseValue } from "../adapter/index.ts";
import { linesAboveOf } from "../manifest/source-lines.ts";
import { runPythonJob } from "../python/job.ts";
import type { NodeExecution } from "./execution.ts";
import { relationFromNode } from "./relations.ts";

/** `submit_python_job(model, code)`: runs a compiled Python model, answers `OK`. Source: dbt-duckdb impl.py submit_python_job. */
export async function submitPythonJob(execution: NodeExecution, code: string): Promise<Value> {
  const { node, runtime, session } = execution;
  const above = linesAboveOf(node);
  await runPythonJob(session, {
    code,
    name: node.alias,
    path: node.original_file_path,
    above,
    lines: above + node.raw_code.split("\n").length,
    tables: [...namedTables(code), ...ownTable(execution)],
    target: runtime.target,
    projectDir: runtime.read.root.root,
    env: runtime.env,
    onLine: (text) => runtime.emit({ type: "message", level: "info", text, bare: true, uniqueId: node.unique_id }),
  });
  return new ResponseValue({ _message: "OK" });
}

/** What `ref` and `source` of the compiled code may answer: see macros/python_model/python.sql of the built-in macros. */
function namedTables(code: string): string[] {
  const found = [...code.matchAll(/^_dbt_(?:refs|sources) = (\{.*\})$/gm)];
  return found.flatMap(([, json = "{}"]) => Object.values(JSON.parse(json) as Record<string, string>));
}

/** The model's own table of earlier runs, when its code names `dbt.this`. */
function ownTable(execution: NodeExecution): string[] {
  const { node, runtime, adapter } = execution;
  if (!/\.\s*this\b/.test(node.raw_code)) return [];
  const known = adapter.cache.relations(node.database, node.schema);
  const exists = known.some((r) => r.identifier?.toLowerCase() === node.alias.toLowerCase());
  return exists ? [str(relationFromNode(node, runtime.read.root.quoting))] : [];
}
