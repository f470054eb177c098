import { PyObject, str, toPlain, truthy, type Value } from "#jinja/index.ts";
import { AgateTable } from "../adapter/index.ts";
import type { NodeExecution } from "../context/execution.ts";
import { engineError } from "../errors.ts";
import type { GraphNode, PlainRecord, RunStatus } from "../manifest/types.ts";
import { warnErrorsOf, warningIsError } from "../warn-errors.ts";
import { mainResult, materializationOf, runMaterialization } from "./materialize.ts";

export interface TestOutcome {
  status: RunStatus;
  failures: number;
  message: string | null;
  adapterResponse: PlainRecord;
}

/** Runs a data test and judges its count. Source: dbt-core task/test.py TestRunner. */
export async function runTest(execution: NodeExecution): Promise<TestOutcome> {
  const { node } = execution;
  const { run } = await runMaterialization(execution, materializationOf(execution));
  const main = mainResult(run, node);
  const row = onlyRow(main.table, node);
  const counts = {
    failures: wholeNumber(row.failures, node),
    shouldWarn: flag(row.should_warn, "should_warn", node),
    shouldError: flag(row.should_error, "should_error", node),
  };
  return { ...judge(execution, counts), adapterResponse: main.adapterResponse };
}

/** The three columns of dbt's test query, by lower-cased name. */
function onlyRow(table: Value, node: GraphNode): Record<string, Value> {
  const rows = table instanceof AgateTable ? table.allRows() : [];
  const names = table instanceof AgateTable ? table.columnNames : [];
  const fail = (what: string) =>
    engineError("runtime", {
      message: `dbt internally failed to execute ${node.unique_id}: Returned ${what}`,
      dbtType: "Internal Error",
      hint: "fail_calc, warn_if and error_if must give one value each.",
    });
  if (rows.length !== 1) throw fail(`${rows.length} rows, but expected 1 row`);
  if (names.length !== 3) throw fail(`${names.length} columns, but expected 3 columns`);
  const [row] = rows;
  return Object.fromEntries(names.map((name, i) => [name.toLowerCase(), row?.[i] ?? null]));
}

function wholeNumber(value: Value | undefined, node: GraphNode): number {
  const plain = value instanceof PyObject ? Number(str(value)) : Number(toPlain(value ?? null));
  if (value === null || value === undefined || !Number.isFinite(plain)) {
    throw engineError("runtime", {
      message: `Invalid test result of ${node.unique_id}: failures is ${str(value ?? null)}, expected a number`,
      hint: "Make fail_calc give a number.",
      dbtType: "Validation Error",
    });
  }
  return Math.trunc(plain);
}

/** Databases without booleans answer 0, 1 or text. Source: task/test.py TestResultData.convert_bool_type. */
function flag(value: Value | undefined, name: string, node: GraphNode): boolean {
  if (typeof value === "string") {
    if (/^(true|t|1|y|yes|on)$/i.test(value)) return true;
    if (/^(false|f|0|n|no|off)$/i.test(value)) return false;
    throw engineError("runtime", {
      message: `Invalid test result of ${node.unique_id}: ${name} is '${value}', expected a boolean`,
      dbtType: "Validation Error",
    });
  }
  return truthy(value ?? false);
}

function judge(
  execution: NodeExecution,
  counts: { failures: number; shouldWarn: boolean; shouldError: boolean },
): Omit<TestOutcome, "adapterResponse"> {
  const { config } = execution.node;
  const { failures } = counts;
  const results = `${failures} result${failures === 1 ? "" : "s"}`;
  const severity = String(config.severity ?? "ERROR").toUpperCase();
  if (severity === "ERROR" && counts.shouldError)
    return { status: "fail", failures, message: `Got ${results}, configured to fail if ${String(config.error_if)}` };
  if (!counts.shouldWarn) return { status: "pass", failures: 0, message: null };
  if (warningIsError(warnErrorsOf(execution.runtime.flags), "LogTestResult", "Q007"))
    return { status: "fail", failures, message: `Got ${results}, configured to fail if ${String(config.warn_if)}` };
  return { status: "warn", failures, message: `Got ${results}, configured to warn if ${String(config.warn_if)}` };
}
