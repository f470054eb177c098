import { type ErrorJson, errorToJson, isLabsError } from "#errors/index.ts";
import { pythonType } from "#jinja/index.ts";
import type { Verdict } from "../context/execution.ts";
import type { GraphNode, OtherNode, RunResult, RunStatus } from "../manifest/types.ts";
import { placeInModel, type SqlOwner } from "./sql-place.ts";

type Owner = SqlOwner & { resource_type: string; name: string };

/** Collects the times of one node's compile and execute step. */
export class Timing {
  readonly #entries: RunResult["timing"] = [];

  async measure<T>(name: "compile" | "execute", body: () => Promise<T>): Promise<T> {
    const entry = { name, started_at: new Date().toISOString(), completed_at: null as string | null };
    this.#entries.push(entry);
    try {
      return await body();
    } finally {
      entry.completed_at = new Date().toISOString();
    }
  }

  get entries(): RunResult["timing"] {
    return this.#entries;
  }
}

/** A run result with everything that is the same for all kinds of nodes. */
export function resultOf(
  node: Pick<GraphNode | OtherNode, "unique_id"> &
    Partial<Pick<GraphNode, "compiled" | "compiled_code" | "relation_name">>,
  fields: {
    status: RunStatus;
    message?: string | null;
    failures?: number | null;
    adapterResponse?: Record<string, unknown>;
    seconds?: number;
    timing?: RunResult["timing"];
    threadId: string;
    batchResults?: RunResult["batch_results"];
    problem?: ErrorJson;
  },
): RunResult {
  const result: RunResult = {
    unique_id: node.unique_id,
    status: fields.status,
    timing: fields.timing ?? [],
    thread_id: fields.threadId,
    execution_time: fields.seconds ?? 0,
    adapter_response: fields.adapterResponse ?? {},
    message: fields.message ?? null,
    failures: fields.failures ?? null,
    compiled: node.compiled ?? null,
    compiled_code: node.compiled_code ?? null,
    relation_name: node.relation_name ?? null,
    batch_results: fields.batchResults ?? null,
  };
  if (fields.problem) problems.set(result, fields.problem);
  return result;
}

/** Beside the results, whose fields are dbt's. */
const problems = new WeakMap<RunResult, ErrorJson>();

/** Why a node failed: code, message, place and hint apart, where the result's message has them in one text. */
export const problemOf = (result: RunResult): ErrorJson | undefined => problems.get(result);

const verdicts = new WeakMap<RunResult, Verdict>();

/** Notes why a node ran or did not need to. Gives the result back. */
export function withVerdict(result: RunResult, verdict: Verdict | undefined): RunResult {
  if (verdict !== undefined) verdicts.set(result, verdict);
  return result;
}

/** Why a node ran, or was left as it is, where changes are tracked: a sentence about it. */
export const reasonOf = (result: RunResult): string | undefined => verdicts.get(result)?.reason;

/** Whether a node was left as it is; a test has the outcome of its last run then. */
export const reusedResult = (result: RunResult): boolean => verdicts.get(result)?.reuse ?? false;

/** The error of a node as data; a statement that DuckDB refused is placed in the model's own file. */
export function nodeProblem(error: unknown, node: Owner): ErrorJson {
  // The statement itself is in the compiled file.
  const { data: { sql, ...data } = {}, ...json } = errorToJson(error);
  const all = { ...json, data: { ...data, ...(node.compiled_path && { compiled: node.compiled_path }) } };
  const found = modelPlace(error, node);
  if (!found) {
    // A statement passes through the engine's own macros: what called them in the node's file is of interest.
    const frames = isLabsError(error) ? [error.place, ...(error.place?.stack ?? [])] : [];
    const own = frames.find((frame) => frame?.file === node.original_file_path);
    if (own)
      return {
        ...all,
        place: { file: own.file, ...(own.line && { line: own.line }), ...(own.column && { column: own.column }) },
      };
    return typeof sql === "string" ? { ...all, place: { file: node.original_file_path } } : all;
  }
  const { source: _source, ...place } = found.place;
  return { ...all, message: found.message, place };
}

function modelPlace(error: unknown, node: Owner) {
  const sql = isLabsError(error) ? error.data?.sql : undefined;
  return isLabsError(error) && typeof sql === "string" ? placeInModel(error.message, sql, node) : undefined;
}

/** Source: dbt_common/exceptions/macros.py UndefinedMacroError. */
const missingMacro =
  'This can happen when calling a macro that does not exist. Check for typos and/or install package dependencies with "dbt deps".';

/** An error's text as dbt stores it in a result: headline, node, message, place. */
export function errorText(error: unknown, node: Owner, compiledPath?: string | null): string {
  if (!isLabsError(error)) return error instanceof Error ? error.message : String(error);
  const input = error.data?.input;
  const owner = input ?? `${node.resource_type} ${node.name} (${node.original_file_path})`;
  // What goes wrong inside a template is an error of compiling, whenever it is rendered.
  const usual = pythonType(error) === undefined ? "Runtime Error" : "Compilation Error";
  const headline = `${String(error.data?.dbtType ?? usual)} in ${String(owner)}`;
  const undefinedName = pythonType(error) === "UndefinedError" ? `. ${missingMacro}` : "";
  const lines = `${error.message}${undefinedName}`.split("\n");
  const at = modelPlace(error, node)?.place ?? error.place;
  const place = at?.line === undefined ? [] : [`  at ${at.file}:${at.line}:${at.column ?? 1}`];
  // Lines of an input are lines of its rows, not of the file.
  for (const caller of at?.stack ?? [])
    if (input === undefined || caller.file !== node.original_file_path)
      place.push(`  called from ${[caller.file, caller.line, caller.column].filter((x) => x !== undefined).join(":")}`);
  const code = compiledPath ? [`  compiled code at ${compiledPath}`] : [];
  const hint = error.hint ? [`  fix: ${error.hint}`] : [];
  return [headline, ...lines.map((l) => `  ${l}`), ...place, ...code, ...hint].join("\n");
}
