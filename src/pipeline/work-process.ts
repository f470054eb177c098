import { type ChildProcess, fork } from "node:child_process";
import type { Idle, StopReason, ToWorker } from "./serve-work.ts";

/**
 * A process that runs labs for this one, one after the other: a DuckDB file belongs to one process, and a lab that crashes
 * takes nobody along. Started in advance it waits, loaded; after a lab it is quicker than a new one.
 */
export class WorkProcess<Work, Told extends { type: string }> {
  readonly #child: ChildProcess;
  #end: string | undefined;
  #onMessage: ((message: Told) => void) | undefined;
  #resolve: (() => void) | undefined;
  #ran = 0;

  /** `script` calls {@link serveWork} when it is started with `flag`. */
  constructor(script: string, flag: string) {
    this.#child = fork(script, [flag], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: { ...process.env, UV_THREADPOOL_SIZE: "16" },
    });
    this.#child.on("message", (message: Told | Idle) => {
      if (message.type === "idle") this.#resolve?.();
      else this.#onMessage?.(message as Told);
    });
    // What cannot be sent to a process that has just died is told by its end.
    this.#child.on("error", () => {});
    this.#child.once("exit", (code, signal) => {
      this.#end = signal === null ? `with code ${code}` : `by ${signal}`;
      this.#resolve?.();
    });
    // A process that waits for work leaves this one free to end.
    this.#child.unref();
    this.#child.channel?.unref();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** How it ended, for people: `with code 1`, `by SIGKILL`. Undefined: it lives. */
  get end(): string | undefined {
    return this.#end;
  }

  /** How many pieces of work it was given. */
  get ran(): number {
    return this.#ran;
  }

  /** Gives it work; resolves when nothing of it is left in the process, or of the process. */
  async run(work: Work, onMessage: (message: Told) => void): Promise<void> {
    if (this.#end !== undefined) return;
    this.#ran++;
    this.#child.ref();
    this.#child.channel?.ref();
    this.#onMessage = onMessage;
    await new Promise<void>((resolve) => {
      this.#resolve = resolve;
      this.#send({ type: "work", work });
    });
    this.#resolve = this.#onMessage = undefined;
    this.#child.unref();
    this.#child.channel?.unref();
  }

  stop(reason: StopReason): void {
    this.#send({ type: "stop", reason });
  }

  /** Lets it end: nothing more will come. */
  release(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #send(message: ToWorker<Work>): void {
    if (this.#child.connected) this.#child.send(message as object, () => {});
  }
}
