import { isLabsError, type LabsError } from "#errors/index.ts";
import type { AnyNode, EngineEvent } from "#engine/index.ts";
import { deprecationRecord, DeprecationCounter, isDeprecation } from "./deprecations.ts";
import { endLines, type NodeAbout, countText, countsText, finishedLine, problemLines } from "./end-lines.ts";
import type { Log } from "./log.ts";
import { nodeInfo, resultMessage } from "./node-info.ts";
import { resultLine, skipLine } from "./node-lines.ts";
import { formatting, type LogRecord, type Style } from "./record.ts";
import type { WarnErrors } from "./warn-errors.ts";

/** Commands whose end is told with a verdict and counts. */
const withSummary = new Set(["run", "build", "test", "seed", "snapshot", "clone", "retry"]);

/** Which lines a command has. */
export interface Told {
  /** "Found …": not with commands that only parse. */
  counts: boolean;
  /** Of each node that it starts and how it ended: not with `clone`. */
  nodes: boolean;
}

/** Turns the engine's events into dbt's log lines. */
export class Printer {
  readonly #log: Log;
  readonly #style: Style;
  readonly #warnErrors: WarnErrors;
  readonly #deprecations: DeprecationCounter;
  readonly #nodes = new Map<string, AnyNode>();
  readonly #started = new Map<string, string>();
  #groups: NonNullable<Extract<EngineEvent, { type: "selected" }>["groups"]> = {};
  #announced = false;
  readonly #adapterVersion: string;
  readonly #told: Told;

  constructor(options: {
    log: Log;
    style: Style;
    warnErrors: WarnErrors;
    showAllDeprecations: boolean;
    adapterVersion: string;
    told: Told;
  }) {
    this.#log = options.log;
    this.#style = options.style;
    this.#warnErrors = options.warnErrors;
    this.#deprecations = new DeprecationCounter(options.showAllDeprecations);
    this.#adapterVersion = options.adapterVersion;
    this.#told = options.told;
  }

  /** The same in the log and in the artifacts. */
  get invocationId(): string {
    return this.#log.invocationId;
  }

  get style(): Style {
    return this.#style;
  }

  write(record: LogRecord): void {
    this.#log.write(record);
  }

  /** Receives the engine's events. Throws when a warning is to be an error, which stops the engine as it stops dbt. */
  readonly sink = (event: EngineEvent): void => {
    if (event.type !== "sql") this.announceAdapter();
    switch (event.type) {
      case "parsed": {
        if (!this.#told.counts) return;
        const statLine = event.counts
          .filter(({ count }) => count > 0)
          .map(({ name, count }) => countText(count, name))
          .join(", ");
        this.write({
          name: "FoundStats",
          code: "W006",
          level: "info",
          msg: `Found ${statLine}`,
          data: { stat_line: statLine },
        });
        return;
      }
      case "selected":
        this.#groups = event.groups ?? {};
        return;
      case "concurrency":
        this.write(formatting());
        this.write({
          name: "ConcurrencyLine",
          code: "Q027",
          level: "info",
          msg: `Concurrency: ${event.threads} threads (target='${event.target}')`,
          data: { num_threads: event.threads, target_name: event.target, node_count: event.total },
        });
        this.write(formatting());
        return;
      case "node-start":
        return this.#nodeStart(event);
      case "node-finish":
        return this.#nodeFinish(event);
      case "node-skip": {
        this.#nodes.set(event.node.unique_id, event.node);
        // Ephemeral models are no step of their own: a cause that never showed up is one.
        const ephemeral = event.cause !== null && !this.#started.has(event.cause) && event.cause.startsWith("model.");
        const info = nodeInfo(event.node, { status: "skipped" });
        const record = skipLine(this.#style, event, ephemeral ? "error" : undefined);
        this.write({ ...record, data: { ...record.data, node_info: info }, thread: event.result.thread_id });
        return;
      }
      case "operation": {
        const { step, status = "RUN", seconds } = event;
        const what = { start: "START executing", ok: "OK executed", error: "ERROR executing" }[step];
        const colored = step === "start" ? status : step === "ok" ? this.#style.green(status) : this.#style.red(status);
        const place = { index: 1, total: 1 };
        const time = seconds === undefined ? {} : { seconds };
        const msg = this.#style.line(`${what} ${event.name}`, colored, place, time);
        this.write({ name: "Note", code: "Z050", level: step === "error" ? "error" : "info", msg, data: { msg } });
        return;
      }
      case "batch-start":
        this.write({
          name: "LogStartBatch",
          code: "Q045",
          level: "info",
          msg: `Batch ${this.#style.line(`START ${event.description}`, "RUN", event)}`,
          data: { description: event.description, batch_index: event.index, total_batches: event.total },
        });
        return;
      case "batch-finish": {
        const [what, status] = event.ok
          ? ["OK created", this.#style.green("OK")]
          : ["ERROR creating", this.#style.red("ERROR")];
        this.write({
          name: "LogBatchResult",
          code: "Q046",
          level: event.ok ? "info" : "error",
          msg: `Batch ${this.#style.line(`${what} ${event.description}`, status, event, { seconds: event.seconds })}`,
          data: {
            description: event.description,
            status: event.ok ? "OK" : "error",
            batch_index: event.index,
            total_batches: event.total,
            execution_time: event.seconds,
          },
        });
        return;
      }
      case "hook-start":
        if (event.index === 1 && event.name.includes("on-run-end")) this.write(formatting());
        this.write({
          name: "LogHookStartLine",
          code: "Q032",
          level: "info",
          msg: this.#style.line(`START hook: ${event.name}`, "RUN", event, { truncate: true }),
          data: { statement: event.name, index: event.index, total: event.total },
        });
        return;
      case "hook-finish": {
        const status = event.ok ? this.#style.green("OK") : this.#style.red("ERROR");
        this.write({
          name: "LogHookEndLine",
          code: "Q033",
          level: "info",
          msg: this.#style.line(`${event.ok ? "OK" : "ERROR"} hook: ${event.name}`, status, event, {
            seconds: event.seconds,
            truncate: true,
          }),
          data: {
            statement: event.name,
            status: event.ok ? "success" : "error",
            index: event.index,
            total: event.total,
            execution_time: event.seconds,
          },
        });
        if (event.index === event.total && !event.name.includes("on-run-end")) this.write(formatting());
        return;
      }
      case "message":
        return this.message(event);
      case "sql": {
        const node = this.#nodes.get(event.uniqueId ?? "");
        this.write({
          name: "SQLQuery",
          code: "E016",
          level: "debug",
          msg: `On ${event.connection}: ${event.sql}`,
          data: {
            conn_name: event.connection,
            sql: event.sql,
            ...(node ? { node_info: nodeInfo(node, { status: "executing" }) } : {}),
          },
          thread: event.uniqueId === undefined ? undefined : "Thread-1 (worker)",
        });
        return;
      }
      case "finished":
        return this.#finished(event);
    }
  };

  /** dbt reports its adapter as soon as the profile was read. */
  announceAdapter(): void {
    if (this.#announced) return;
    this.#announced = true;
    this.write({
      name: "AdapterRegistered",
      code: "E034",
      level: "info",
      msg: `Registered adapter: duckdb=${this.#adapterVersion}`,
      data: { adapter_name: "duckdb", adapter_version: `=${this.#adapterVersion}` },
    });
  }

  /** A result that was asked for: no time stamp, also with --quiet. */
  print(text: string): void {
    this.write({ name: "PrintEvent", code: "Z052", level: "info", msg: text, data: { msg: text }, print: true });
  }

  /** The summary of deprecations is a warning itself. Throws when warnings are to be errors. */
  checkDeprecations(): void {
    const summary = this.#deprecations.summary(this.#style);
    if (summary) this.#warnErrors.check(summary.name, String(summary.data?.msg ?? summary.msg), summary.code);
  }

  /** The summary of deprecations, at the very end; then the log file is closed. */
  close(): void {
    const summary = this.#deprecations.summary(this.#style);
    if (summary && !this.#warnErrors.silences(summary.name, summary.code)) this.write(summary);
    this.#log.close();
  }

  #nodeStart(event: Extract<EngineEvent, { type: "node-start" }>): void {
    const { node } = event;
    const at = new Date().toISOString().slice(0, -1);
    this.#nodes.set(node.unique_id, node);
    this.#started.set(node.unique_id, at);
    const info = nodeInfo(node, { status: "started", startedAt: at });
    const about = { data: { node_info: info }, thread: event.threadId };
    this.write({
      name: "NodeStart",
      code: "Q024",
      level: "debug",
      msg: `Began running node ${node.unique_id}`,
      ...about,
    });
    const text =
      node.resource_type === "snapshot" ? `snapshot ${event.description.replace(/^snapshot /, "")}` : event.description;
    if (this.#told.nodes && !isNoOp(node))
      this.write({
        name: "LogStartLine",
        code: "Q011",
        level: "info",
        msg: this.#style.line(`START ${text}`, "RUN", event),
        data: { description: text, index: event.index, total: event.total, node_info: info },
        thread: event.threadId,
      });
  }

  #nodeFinish(event: Extract<EngineEvent, { type: "node-finish" }>): void {
    const { node, result } = event;
    this.#nodes.set(node.unique_id, node);
    const info = nodeInfo(node, {
      status: result.status,
      startedAt: this.#started.get(node.unique_id),
      finishedAt: new Date().toISOString().slice(0, -1),
    });
    const record = resultLine(this.#style, event, result);
    const thread = result.thread_id;
    if (result.status === "error" && result.message) {
      this.write({
        name: "CatchableExceptionOnRun",
        code: "W002",
        level: "debug",
        msg: `  ${result.message}`,
        data: { exc: result.message, node_info: info },
        thread,
      });
    }
    if (this.#told.nodes)
      this.write({ ...record, data: { ...record.data, node_info: info, ...this.#groupOf(node.unique_id) }, thread });
    const data = { node_info: info, run_result: resultMessage(result) };
    this.write({
      name: "NodeFinished",
      code: "Q025",
      level: "debug",
      msg: `Finished running node ${node.unique_id}`,
      data,
      thread,
    });
  }

  /** Text of templates and warnings. Throws when a warning is to be an error. */
  message(event: Extract<EngineEvent, { type: "message" }>): void {
    const { level, text, name = "Note", code = "Z050", bare } = event;
    if (isDeprecation(name)) {
      if (this.#deprecations.shows(name)) {
        this.#warnErrors.check(name, text, code);
        if (!this.#warnErrors.silences(name, code))
          this.write(deprecationRecord(this.#style, { name, code, text, data: event.data }));
      }
      this.#deprecations.count(name);
      return;
    }
    if (level === "warn") {
      if (this.#warnErrors.silences(name, code)) return;
      this.#warnErrors.check(name, text, code);
    }
    const tagged = text.startsWith("[WARNING]") || text.startsWith("[ERROR]");
    let msg = text;
    if (level === "warn" && !tagged && !untaggedWarnings.has(name)) msg = this.#style.warning(text);
    else if (name === "RunningOperationCaughtError") msg = this.#style.error(text);
    const node = event.uniqueId === undefined ? undefined : this.#nodes.get(event.uniqueId);
    this.write({
      name,
      code,
      level,
      msg,
      print: bare === true,
      data: { msg: text, ...event.data, ...(node ? { node_info: nodeInfo(node, { status: "executing" }) } : {}) },
    });
  }

  #groupOf(id: string): { group?: object } {
    const group = this.#groups[id];
    return group ? { group } : {};
  }

  #finished(event: Extract<EngineEvent, { type: "finished" }>): void {
    const freshness = event.command === "source freshness";
    if (!freshness && !withSummary.has(event.command)) return;
    if (event.results.length === 0 && this.#nodes.size === 0) {
      if (freshness) this.write(freshnessDone);
      return;
    }
    const kinds = event.results.map(({ unique_id: id }) => {
      const node = this.#nodes.get(id);
      const type = id.startsWith("operation.") ? "operation" : (node?.resource_type ?? id.split(".")[0] ?? "");
      return {
        resource_type: type,
        materialized: String((node?.config as { materialized?: unknown } | undefined)?.materialized ?? ""),
      };
    });
    this.write(formatting());
    if (event.command !== "clone") this.write(finishedLine(countsText(kinds), event.seconds));
    if (freshness) {
      for (const result of event.results) {
        if (result.status === "runtime error" || result.status === "error")
          for (const record of problemLines(this.#style, result, { node: this.#nodes.get(result.unique_id) }, false))
            this.write(record);
      }
      this.write(freshnessDone);
      return;
    }
    for (const { header, text } of event.tables ?? []) this.#table(header, text);
    const about = (id: string): NodeAbout => ({ node: this.#nodes.get(id), ...this.#groupOf(id) });
    for (const record of endLines(this.#style, event, about, this.interrupted)) this.write(record);
  }

  /** Rows that were asked for, under a headline. */
  #table(header: string, text: string): void {
    this.write(formatting());
    this.write({ name: "SeedHeader", code: "Q004", level: "info", msg: header, data: { header } });
    this.write(formatting("-".repeat(header.length)));
    for (const line of text.trimEnd().split("\n")) this.print(line);
    this.write(formatting());
  }

  /** Set when the user stopped the run: the verdict says so. */
  interrupted = false;

  /** An error that ended the command: dbt's headline and text, then place and fix. */
  failure(error: unknown): void {
    if (isLabsError(error)) {
      const headline = errorHeadline(error);
      const body = error.message.replace(/^/gm, "  ");
      const where = error.place ? placeText(error.place) : [];
      const fix = error.hint ? [`  fix: ${error.hint} [${error.code}]`] : [];
      const exc = [`${headline}\n${body}`, ...where, ...fix].join("\n");
      this.write({
        name: "MainEncounteredError",
        code: "Z002",
        level: "error",
        msg: this.#style.error(`Encountered an error:\n${exc}`),
        data: { exc },
      });
      return;
    }
    const exc = error instanceof Error ? error.message : String(error);
    this.write({
      name: "MainEncounteredError",
      code: "Z002",
      level: "error",
      msg: this.#style.error(`Encountered an error:\n${exc}`),
      data: { exc },
    });
    const stack = error instanceof Error ? (error.stack ?? "") : "";
    if (stack)
      this.write({ name: "MainStackTrace", code: "Z003", level: "error", msg: stack, data: { stack_trace: stack } });
  }
}

/** `Compilation Error in model x (models/x.sql)`: the kind of an error, and the node that it is about. */
function errorHeadline({ code, data }: LabsError): string {
  const kind = String(data?.dbtType ?? (code.startsWith("JIN-") ? "Compilation Error" : "Runtime Error"));
  return typeof data?.node === "string" ? `${kind} in ${data.node}` : kind;
}

/** Nothing is begun for these: their only line is the result. Source: dbt-core runners/no_op_runner.py. */
const isNoOp = ({ resource_type: type }: AnyNode): boolean => type === "exposure" || type === "saved_query";

const freshnessDone: LogRecord = { name: "FreshnessCheckComplete", code: "Q003", level: "info", msg: "Done." };

/** Warnings that dbt prints without a tag. */
const untaggedWarnings = new Set([
  "AdapterEventWarning",
  "DepsNoPackagesFound",
  "SelectExcludeIgnoredWithSelectorWarning",
]);

function placeText(place: {
  file: string;
  line?: number;
  column?: number;
  stack?: { file: string; line?: number; column?: number }[];
}): string[] {
  const text = (at: { file: string; line?: number; column?: number }): string =>
    [at.file, at.line, at.column].filter((part) => part !== undefined).join(":");
  return ["", `  at ${text(place)}`, ...(place.stack ?? []).map((caller) => `  called from ${text(caller)}`)];
}
