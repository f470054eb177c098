import { isLabsError, plural, renderError } from "#errors/index.ts";
import type { Io } from "../io.ts";
import { type AnswerFormat, answerText } from "../look/answer.ts";
import type { Questions } from "../look/questions.ts";
import { formatCount, formatDuration, palette } from "../render/index.ts";
import { dotCommand, dotHelp } from "./dot-commands.ts";
import { cutStatements, isBlank } from "./statements.ts";

export interface SessionOptions {
  io: Io;
  /** Opens what is asked; again after `.refresh`. */
  open: () => Promise<Questions>;
  /** The version that is published now, to tell of a newer one; undefined for the working database. */
  version: () => string | undefined;
  format: AnswerFormat;
  limit: number;
  /** Times and the number of rows are told behind each answer. */
  chatty: boolean;
}

/** A conversation: lines go in, answers go to `io`. One statement runs at a time. */
export class Session {
  readonly #options: SessionOptions;
  #format: AnswerFormat;
  #limit: number;
  #questions: Questions | undefined;
  #version: string | undefined;
  #text = "";
  #running: AbortController | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#format = options.format;
    this.#limit = options.limit;
  }

  /** Errors: those of opening. */
  async open(): Promise<void> {
    const { open, version } = this.#options;
    this.#version = version();
    const before = this.#questions;
    this.#questions = await open();
    await before?.close();
  }

  async close(): Promise<void> {
    await this.#questions?.close();
    this.#questions = undefined;
  }

  /** A statement has begun and not ended. */
  get unfinished(): boolean {
    return !isBlank(this.#text);
  }

  /** Cancels the running statement, else forgets what was typed. False when there was neither. */
  cancel(): boolean {
    if (this.#running) {
      this.#running.abort();
      return true;
    }
    const had = this.unfinished;
    this.#text = "";
    return had;
  }

  /** Takes a line; runs what it completes. False when the conversation is over. Errors: those of statements, told by {@link tell}. */
  async line(line: string): Promise<boolean> {
    if (!this.unfinished && line.trimStart().startsWith(".")) return this.#command(line);
    const { statements, rest } = cutStatements(`${this.#text}${line}\n`);
    this.#text = rest;
    for (const statement of statements) await this.#run(statement);
    return true;
  }

  /** Runs what is left without a semicolon, as at the end of a file. */
  async end(): Promise<void> {
    const rest = this.#text;
    this.#text = "";
    if (!isBlank(rest)) await this.#run(rest);
  }

  /** Shows an error; the conversation goes on. */
  tell(error: unknown): void {
    this.#text = "";
    const { io } = this.#options;
    const cancelled = isLabsError(error) && error.code === "DUCK-004";
    io.err(cancelled ? "Cancelled.\n" : `${renderError(error, { color: io.color })}\n`);
  }

  async #command(line: string): Promise<boolean> {
    const { io } = this.#options;
    const command = dotCommand(line);
    if (command.what === "exit") return false;
    if (command.what === "help") io.out(dotHelp);
    else if (command.what === "mode") this.#format = command.format;
    else if (command.what === "limit") this.#limit = command.rows;
    else if (command.what === "ask") await this.#ask(command.sql, 0);
    else await this.open();
    return true;
  }

  async #run(sql: string): Promise<void> {
    const { io, version } = this.#options;
    await this.#ask(sql, this.#limit);
    const now = version();
    if (!this.#options.chatty || now === undefined || now === this.#version) return;
    this.#version = now;
    io.err(palette(io.color).yellow(`Version ${now} was published meanwhile; .refresh takes it.\n`));
  }

  async #ask(sql: string, limit: number): Promise<void> {
    const { io, chatty } = this.#options;
    const stop = new AbortController();
    const onStop = () => stop.abort(io.signal.reason);
    io.signal.addEventListener("abort", onStop, { once: true });
    if (io.signal.aborted) onStop();
    this.#running = stop;
    const started = performance.now();
    try {
      const answer = await this.#questions?.ask(sql, limit, stop.signal);
      if (!answer) return;
      const seconds = (performance.now() - started) / 1000;
      io.out(answerText(answer, this.#format, io));
      const rows = answer.more ? `first ${formatCount(answer.rows.length)} rows` : plural(answer.rows.length, "row");
      if (chatty) io.err(palette(io.color).dim(`${rows}, ${formatDuration(seconds)}\n`));
      else if (answer.more) io.err(`… more rows; .limit 0 shows all\n`);
    } finally {
      io.signal.removeEventListener("abort", onStop);
      this.#running = undefined;
    }
  }
}
