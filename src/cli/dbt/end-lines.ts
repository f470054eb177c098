import type { AnyNode, RunResult } from "#engine/index.ts";
import { formatting, type LogRecord, plural, type Style } from "./record.ts";
import { nodeInfo } from "./node-info.ts";

export interface Finished {
  results: RunResult[];
  seconds: number;
  command: string;
}

/** What the log knows about the node of a result. */
export interface NodeAbout {
  node?: AnyNode | undefined;
  group?: object;
}

const kindNames: Record<string, string> = { operation: "project hook" };

/** `2 table models, 5 data tests`: what was run, by kind, in the order of dbt's names. */
export function countsText(nodes: { resource_type: string; materialized?: string }[]): string {
  const counts = new Map<string, number>();
  for (const { resource_type: type, materialized } of nodes) {
    const name = type === "model" ? `${materialized} model` : (kindNames[type] ?? type);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => countText(count, name))
    .join(", ");
}

/** `1 test`, `2 data tests`, `2 analyses`: names as dbt declines them. */
export function countText(count: number, name: string): string {
  const words = name.replaceAll("_", " ");
  if (count === 1) return `1 ${words === "test" ? "test" : words}`;
  if (words === "test") return `${count} data tests`;
  if (words === "analysis") return `${count} analyses`;
  if (words.endsWith("query")) return `${count} ${words.slice(0, -1)}ies`;
  return `${count} ${words}s`;
}

/** The line `Finished running …`, with the time in words. */
export function finishedLine(statLine: string, seconds: number): LogRecord {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const execution = ` in ${hours} hours ${minutes} minutes and ${(seconds % 60).toFixed(2)} seconds`;
  return {
    name: "FinishedRunningStats",
    code: "E047",
    level: "info",
    msg: `Finished running ${statLine}${execution} (${seconds.toFixed(2)}s).`,
    data: { stat_line: statLine, execution, execution_time: seconds },
  };
}

/** Everything after `Finished running`: the verdict, each failure and warning, the count by status. Source: dbt-core task/printer.py. */
export function endLines(
  style: Style,
  finished: Finished,
  about: (id: string) => NodeAbout,
  interrupted: boolean,
): LogRecord[] {
  const { results } = finished;
  const errors: RunResult[] = [];
  const warnings: RunResult[] = [];
  let partial = 0;
  for (const result of results) {
    if (["runtime error", "error", "fail"].includes(result.status)) errors.push(result);
    else if (result.status === "skipped" && result.message) {
      if (!result.unique_id.startsWith("exposure.")) errors.push(result);
    } else if (result.status === "warn") warnings.push(result);
    else if (result.status === "partial success") partial++;
  }
  const counts = [
    plural(errors.length, "error"),
    plural(partial, "partial success", "partial successes"),
    plural(warnings.length, "warning"),
  ];
  const verdict = interrupted
    ? style.yellow("Exited because of keyboard interrupt")
    : errors.length > 0
      ? style.red(`Completed with ${counts[0]}, ${counts[1]}, and ${counts[2]}:`)
      : partial > 0
        ? style.yellow(`Completed with ${counts[1]} and ${counts[2]}`)
        : warnings.length > 0
          ? style.yellow(`Completed with ${counts[2]}:`)
          : style.green("Completed successfully");
  const records: LogRecord[] = [
    formatting(),
    {
      name: "EndOfRunSummary",
      code: "Z030",
      level: "info",
      msg: verdict,
      data: {
        keyboard_interrupt: interrupted,
        num_errors: errors.length,
        num_partial_success: partial,
        num_warnings: warnings.length,
      },
    },
  ];
  for (const result of errors) records.push(...problemLines(style, result, about(result.unique_id), false));
  for (const result of warnings) records.push(...problemLines(style, result, about(result.unique_id), true));
  records.push(formatting(), statsLine(results));
  return records;
}

/** One failed or warning result: where, what, the compiled file, the table of stored failures. */
export function problemLines(
  style: Style,
  result: RunResult,
  { node, group }: NodeAbout,
  warning: boolean,
): LogRecord[] {
  const info = { ...(node && { node_info: nodeInfo(node, { status: result.status }) }), ...(group && { group }) };
  if (result.status === "skipped") {
    return [
      {
        name: "RunResultError",
        code: "Z024",
        level: "debug",
        msg: `  ${result.message}`,
        data: { msg: result.message, ...info },
      },
    ];
  }
  const records: LogRecord[] = [formatting()];
  if (result.status === "runtime error") {
    records.push({
      name: "RunResultError",
      code: "Z024",
      level: "error",
      msg: `  ${result.message ?? ""}`,
      data: { msg: result.message, ...info },
    });
    return records;
  }
  const [kind, name] = node
    ? [node.resource_type, node.name]
    : [result.unique_id.split(".")[0] ?? "", result.unique_id.split(".").at(-1) ?? ""];
  // Hooks of a project are told without their node.
  const path = node?.original_file_path ?? (kind === "operation" ? "./dbt_project.yml" : "");
  const where = `in ${kind} ${name} (${path})`;
  const about = { resource_type: kind, node_name: name, path, ...info };
  records.push(
    warning
      ? { name: "RunResultWarning", code: "Z021", level: "warn", msg: style.warning(where), data: about }
      : { name: "RunResultFailure", code: "Z022", level: "error", msg: style.error(where), data: about },
  );
  const { message } = result;
  if (!message) {
    records.push({
      name: "RunResultErrorNoMessage",
      code: "Z025",
      level: "error",
      msg: `  Status: ${result.status}`,
      data: { status: result.status, ...info },
    });
  } else if (warning) {
    records.push({
      name: "RunResultWarningMessage",
      code: "Z046",
      level: "warn",
      msg: style.warning(message),
      data: { msg: message, ...info },
    });
  } else
    records.push({
      name: "RunResultError",
      code: "Z024",
      level: "error",
      msg: `  ${message}`,
      data: { msg: message, ...info },
    });
  const own = (node ?? {}) as Record<string, unknown>;
  if (own.compiled_path) {
    const compiled = String(own.compiled_path);
    records.push(formatting(), {
      name: "SQLCompiledPath",
      code: "Z026",
      level: "info",
      msg: `  compiled code at ${compiled}`,
      data: { path: compiled, ...info },
    });
  }
  if (storesFailures(own) && own.relation_name) {
    const text = `select * from ${String(own.relation_name)}`;
    const border = "-".repeat(text.length);
    const msg = `  See test failures:\n  ${border}\n  ${text}\n  ${border}`;
    records.push(formatting(), {
      name: "CheckNodeTestFailure",
      code: "Z027",
      level: "info",
      msg,
      data: { relation_name: own.relation_name, ...info },
    });
  }
  return records;
}

function storesFailures(node: Record<string, unknown>): boolean {
  const config = (node.config ?? {}) as Record<string, unknown>;
  if (node.resource_type !== "test") return false;
  return config.store_failures === true || config.store_failures_as === "table" || config.store_failures_as === "view";
}

const statNames: Record<string, string> = {
  error: "error",
  fail: "error",
  "runtime error": "error",
  "partial success": "error",
  skipped: "skip",
  warn: "warn",
  pass: "pass",
  success: "pass",
  "no-op": "noop",
  reused: "reused",
};

function statsLine(results: RunResult[]): LogRecord {
  const stats: Record<string, number> = { error: 0, skip: 0, pass: 0, warn: 0, noop: 0, reused: 0, total: 0 };
  for (const { status } of results) {
    const name = statNames[status] ?? "error";
    stats[name] = (stats[name] ?? 0) + 1;
    stats.total = (stats.total ?? 0) + 1;
  }
  const msg = `Done. PASS=${stats.pass} WARN=${stats.warn} ERROR=${stats.error} SKIP=${stats.skip} NO-OP=${stats.noop} REUSED=${stats.reused} TOTAL=${stats.total}`;
  return { name: "StatsLine", code: "Z023", level: "info", msg, data: { stats } };
}
