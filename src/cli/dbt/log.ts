import { customVariables, type LogFile, scrubSecrets, secretsIn } from "#engine/index.ts";
import type { LogRecord } from "./record.ts";

export type LogFormat = "text" | "debug" | "json";
export type LogLevel = "debug" | "info" | "warn" | "error" | "none";

const ranks: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3, none: 4 };
/** Output that is printed although --quiet hides everything below errors. */
const printEvents = new Set(["PrintEvent", "ShowNode", "CompiledNode"]);
// oxlint-disable-next-line no-control-regex
const colorCode = /\u001b\[\d+m/g;
/** `clean` may have removed the folder of the log. */
const consoleOnly = new Set(["Z012", "Z013", "Z014", "Z015"]);

export interface LogSink {
  format: LogFormat;
  level: LogLevel;
  color: boolean;
  write(line: string): void;
}

/** dbt's log: the same records as text lines on the console and in logs/dbt.log, or as JSON lines. */
export class Log {
  readonly #console: LogSink;
  readonly #file: (LogSink & { file: LogFile }) | undefined;
  readonly invocationId: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #hasSecrets: boolean;
  readonly #print: boolean;
  /** `DBT_ENV_CUSTOM_ENV_X` stands in every record as `X`. */
  readonly #extra: Record<string, string>;

  constructor(options: {
    console: LogSink;
    file?: LogSink & { file: LogFile };
    invocationId: string;
    env: NodeJS.ProcessEnv;
    /** `--no-print` hides what print() prints. */
    print: boolean;
  }) {
    this.#console = options.console;
    this.#file = options.file;
    this.invocationId = options.invocationId;
    this.#env = options.env;
    this.#hasSecrets = secretsIn(options.env).length > 0;
    this.#print = options.print;
    this.#extra = customVariables(options.env);
  }

  write(record: LogRecord): void {
    const print = record.print === true || printEvents.has(record.name);
    const rank = print ? ranks.error : ranks[record.level];
    const now = new Date();
    if (rank >= ranks[this.#console.level] && !(record.name === "PrintEvent" && !this.#print)) {
      this.#console.write(this.#format(record, this.#console, now, print));
    }
    const file = this.#file;
    if (file && rank >= ranks[file.level] && !consoleOnly.has(record.code))
      file.write(this.#format(record, file, now, print));
  }

  close(): void {
    this.#file?.file.close();
  }

  #format(record: LogRecord, sink: LogSink, now: Date, print: boolean): string {
    const line = sink.format === "json" ? this.#json(record, now) : this.#text(record, sink, now, print);
    return this.#hasSecrets ? scrubSecrets(line, this.#env) : line;
  }

  #text(record: LogRecord, sink: LogSink, now: Date, print: boolean): string {
    // Messages are coloured for the console; a file without colours must not show the codes.
    const msg = sink.color || !record.msg.includes("\u001b") ? record.msg : record.msg.replaceAll(colorCode, "");
    const reset = sink.color ? "\u001b[0m" : "";
    if (sink.format === "text") return print ? msg : `${reset}${now.toISOString().slice(11, 19)}  ${msg}`;
    const time = `${localTime(now)}000`;
    const rule = "=".repeat(30);
    const head = record.name === "MainReportVersion" ? `\n\n${rule} ${time} | ${this.invocationId} ${rule}\n` : "";
    const thread = threadName(record).slice(0, 10).padEnd(10, " ");
    return `${head}${reset}${time} [${record.level.padEnd(5)}] [${thread}]: ${msg}`;
  }

  #json(record: LogRecord, now: Date): string {
    const info = {
      category: "",
      code: record.code,
      extra: this.#extra,
      invocation_id: this.invocationId,
      level: record.level,
      msg: record.msg,
      name: record.name,
      pid: process.pid,
      thread: threadName(record),
      ts: now.toISOString().replace("Z", "000Z"),
    };
    return pythonJson({ data: record.data ?? {}, info });
  }
}

const threadName = (record: LogRecord): string => record.thread ?? "MainThread";

function localTime(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}.${String(now.getMilliseconds()).padStart(3, "0")}`;
}

/** JSON on one line as Python writes it: sorted keys, a space behind `,` and `:`, ASCII only. */
function pythonJson(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  if (typeof value === "object") {
    const plain =
      typeof (value as { toJSON?: unknown }).toJSON === "function" ? JSON.parse(JSON.stringify(value)) : value;
    if (typeof plain !== "object" || plain === null || Array.isArray(plain)) return pythonJson(plain);
    const entries = Object.entries(plain as Record<string, unknown>)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${pythonJson(key)}: ${pythonJson(item)}`).join(", ")}}`;
  }
  if (typeof value === "bigint") return String(value);
  const text = JSON.stringify(value) ?? "null";
  return text.replaceAll(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
