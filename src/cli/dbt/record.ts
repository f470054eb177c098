/** One line of dbt's log, before it is written as text or JSON. */
export interface LogRecord {
  name: string;
  code: string;
  level: "debug" | "info" | "warn" | "error";
  msg: string;
  data?: Record<string, unknown>;
  thread?: string;
  /** Output that was asked for: printed without a time stamp, also with --quiet. */
  print?: boolean;
}

export const formatting = (msg = ""): LogRecord => ({
  name: "Formatting",
  code: "Z017",
  level: "info",
  msg,
  data: { msg },
});

/** Colours and line width of one invocation. */
export class Style {
  readonly color: boolean;
  readonly width: number;
  constructor(color: boolean, width: number) {
    this.color = color;
    this.width = width;
  }
  #paint(code: number, text: string): string {
    return this.color ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
  red(text: string): string {
    return this.#paint(31, text);
  }
  green(text: string): string {
    return this.#paint(32, text);
  }
  yellow(text: string): string {
    return this.#paint(33, text);
  }
  warning(text: string): string {
    return `[${this.yellow("WARNING")}]: ${text}`;
  }
  error(text: string): string {
    return `[${this.red("ERROR")}]: ${text}`;
  }

  /** `3 of 12 OK created … ........ [OK in 0.13s]`: dots up to the width, the status behind it. */
  line(
    msg: string,
    status: string,
    place?: { index: number; total: number },
    options: { seconds?: number; truncate?: boolean } = {},
  ): string {
    const progress = place ? `${place.index} of ${place.total} ` : "";
    let text = `${progress}${msg} `.padEnd(this.width, ".");
    if (options.truncate && text.length > this.width - 3) text = `${text.slice(0, this.width - 3)}...`;
    const time = options.seconds === undefined ? "" : ` in ${options.seconds.toFixed(2)}s`;
    return `${text} [${status}${time}]`;
  }
}

/** `1 error`, `2 errors`. */
export const plural = (count: number, word: string, many = `${word}s`): string =>
  `${count} ${count === 1 ? word : many}`;
