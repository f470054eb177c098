import { type ChildProcess, fork } from "node:child_process";
import type { LabRunResult } from "#pipeline/index.ts";
import { type FromWorker, jobWorkerFlag, type StopReason, type ToWorker } from "./protocol.ts";

/** How a job's process ended. */
export interface ProcessEnd {
  /** It told the queue how the attempt ended. */
  done: boolean;
  result: LabRunResult | null;
  /** For people: `with code 1`, `by SIGKILL`. */
  how: string;
}

/** A process that runs one job: started in advance, it waits for it. */
export class JobProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<ProcessEnd>;
  #done = false;
  #result: LabRunResult | null = null;
  #onEvent: ((message: Extract<FromWorker, { type: "event" }>) => void) | undefined;
  #gone = false;

  /** `script` calls {@link serveJob} when it is started with the flag. */
  constructor(script: string) {
    this.#child = fork(script, [jobWorkerFlag], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: { ...process.env, UV_THREADPOOL_SIZE: "16" },
    });
    this.#child.on("message", (message: FromWorker) => {
      if (message.type === "event") this.#onEvent?.(message);
      else if (message.type === "done") {
        this.#done = true;
        this.#result = message.result;
      }
    });
    // What cannot be sent to a process that has just died is told by its end.
    this.#child.on("error", () => {});
    this.#ended = new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => {
        this.#gone = true;
        resolve({
          done: this.#done,
          result: this.#result,
          how: signal === null ? `with code ${code}` : `by ${signal}`,
        });
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Gives it its job; resolves when the process is gone. */
  run(
    job: Extract<ToWorker, { type: "job" }>,
    onEvent: (message: Extract<FromWorker, { type: "event" }>) => void,
  ): Promise<ProcessEnd> {
    this.#onEvent = onEvent;
    this.#send(job);
    return this.#ended;
  }

  stop(reason: StopReason): void {
    this.#send({ type: "stop", reason });
  }

  kill(): Promise<ProcessEnd> {
    this.#child.kill("SIGKILL");
    return this.#ended;
  }

  #send(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }
}
