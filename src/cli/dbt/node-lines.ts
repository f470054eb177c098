import type { AnyNode, RunResult } from "#engine/index.ts";
import type { LogRecord, Style } from "./record.ts";

export interface Progress {
  node: AnyNode;
  index: number;
  total: number;
  description: string;
}

/** What dbt says when a node is done: event name, wording and status differ by kind of resource. Source: dbt-core events/types.py Q007 … Q047. */
export function resultLine(style: Style, progress: Progress, result: RunResult): Omit<LogRecord, "thread"> {
  const { node, description } = progress;
  const seconds = result.execution_time;
  const failed = result.status === "error" || result.status === "runtime error";
  const level =
    failed || result.status === "fail" || result.status === "partial success"
      ? "error"
      : result.status === "warn"
        ? "warn"
        : "info";
  const line = (text: string, status: string): string => style.line(text, status, progress, { seconds });
  const common = { index: progress.index, total: progress.total, status: result.status, execution_time: seconds };
  const message = result.message ?? "OK";
  if (result.status === "reused") {
    return {
      name: "LogModelResult",
      code: "Q012",
      level: "info",
      msg: line(`REUSED ${description}`, style.yellow("REUSED")),
      data: { ...common, description },
    };
  }
  switch (node.resource_type) {
    case "test":
    case "unit_test": {
      const name = description.replace(/^(?:unit_)?test /, "");
      const count = result.failures ?? 0;
      const [info, status] =
        result.status === "error"
          ? ["ERROR", style.red("ERROR")]
          : result.status === "pass"
            ? ["PASS", style.green("PASS")]
            : result.status === "warn"
              ? [`WARN ${count}`, style.yellow(`WARN ${count}`)]
              : [`FAIL ${count}`, style.red(`FAIL ${count}`)];
      const attached = (node as { attached_node?: unknown }).attached_node ?? "";
      const data = {
        attached_node: attached,
        execution_time: seconds,
        index: progress.index,
        name,
        num_failures: count,
        num_models: progress.total,
        status: result.status,
      };
      return { name: "LogTestResult", code: "Q007", level, msg: line(`${info} ${name}`, status), data };
    }
    case "seed": {
      const text = description.replace(/^seed file /, "");
      const dot = text.lastIndexOf(".");
      const data = {
        ...common,
        result_message: message,
        relation: text.slice(dot + 1),
        schema: text.slice(0, Math.max(dot, 0)),
      };
      const msg = failed
        ? line(`ERROR loading seed file ${text}`, style.red("ERROR"))
        : line(`OK loaded seed file ${text}`, style.green(message));
      return { name: "LogSeedResult", code: "Q016", level, msg, data };
    }
    case "function": {
      const status = result.status.toUpperCase();
      const msg = failed
        ? line(`ERROR creating ${description}`, style.red(status))
        : line(`OK created ${description}`, style.green(status));
      return { name: "LogFunctionResult", code: "Q047", level, msg, data: { ...common, description } };
    }
    case "snapshot": {
      const text = description.replace(/^snapshot /, "");
      const data = { ...common, description: text, result_message: message, cfg: node.config };
      const msg = failed
        ? line(`ERROR snapshotting ${text}`, style.red("ERROR"))
        : line(`OK snapshotted ${text}`, style.green(message));
      return { name: "LogSnapshotResult", code: "Q015", level, msg, data };
    }
    case "source": {
      const [info, color] =
        result.status === "runtime error"
          ? ["ERROR", style.red("ERROR")]
          : result.status === "error"
            ? ["ERROR STALE", style.red("ERROR STALE")]
            : result.status === "warn"
              ? ["WARN", style.yellow("WARN")]
              : ["PASS", style.green("PASS")];
      const { source_name: source } = node as { source_name?: string };
      return {
        name: "LogFreshnessResult",
        code: "Q018",
        level,
        msg: line(`${info} ${description}`, color),
        data: { ...common, source_name: source, table_name: node.name },
      };
    }
    default:
      break;
  }
  if (result.status === "no-op") {
    return {
      name: "LogNodeNoOpResult",
      code: "Q019",
      level: "info",
      msg: line(`NO-OP ${description}`, style.yellow("NO-OP")),
      data: { ...common, description },
    };
  }
  const partial = result.status === "partial success";
  const [info, status] = failed
    ? ["ERROR creating", style.red("ERROR")]
    : partial
      ? ["PARTIALLY created", style.yellow(message.toUpperCase())]
      : ["OK created", style.green(message)];
  return {
    name: "LogModelResult",
    code: "Q012",
    level,
    msg: line(`${info} ${description}`, status),
    data: { ...common, description, status: failed ? "error" : message },
  };
}

/** A node that was not run because of something before it. `ephemeral`: the status of the ephemeral model that is to blame. */
export function skipLine(style: Style, progress: Progress, ephemeral: string | undefined): Omit<LogRecord, "thread"> {
  const { node } = progress;
  const schema = String((node as { schema?: unknown }).schema ?? "");
  const relation = ["model", "seed", "snapshot"].includes(node.resource_type);
  if (ephemeral !== undefined && relation) {
    const alias = String((node as { alias?: unknown }).alias ?? node.name);
    const text = `SKIP relation ${schema}.${alias} due to ephemeral model status '${ephemeral}'`;
    const data = { index: progress.index, relation: alias, schema, status: ephemeral, total: progress.total };
    return {
      name: "LogSkipBecauseError",
      code: "Z034",
      level: "error",
      msg: style.line(text, style.red("ERROR SKIP"), progress),
      data,
    };
  }
  const text = relation ? `SKIP relation ${schema}.${node.name}` : `SKIP ${node.resource_type} ${node.name}`;
  const data = {
    index: progress.index,
    node_name: node.name,
    resource_type: node.resource_type,
    schema,
    total: progress.total,
  };
  return {
    name: "SkippingDetails",
    code: "Q034",
    level: "info",
    msg: style.line(text, style.yellow("SKIP"), progress),
    data,
  };
}
