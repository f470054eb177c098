import { connect, type Socket } from "node:net";
import { type ErrorJson, errorToJson, type LabsError } from "#errors/index.ts";
import { type JobInfo, userName } from "#ledger/index.ts";
import type { LabEvent, LabRunResult } from "#pipeline/index.ts";
import { orchestrateErrors } from "../errors.ts";
import { readLines, writeLine } from "./lines.ts";
import { type Answer, answerMs, type JobOptions, type Request, type ServerStatus } from "./protocol.ts";
import { readServerFile } from "./server-file.ts";

/** How a job that was asked for ended. */
export interface JobEnd {
  job: JobInfo | null;
  result: LabRunResult | null;
  /** Why there is no result: refused, or the server is gone. */
  error?: ErrorJson;
}

type Unsent<T = Request> = T extends unknown ? Omit<T, "id" | "at"> : never;

/** The connection of a command to the server of its workspace on this machine. */
export class ServerClient {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (answer: Answer | undefined) => void>();
  #last = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    readLines(socket, (message) => {
      const answer = message as Answer;
      this.#waiting.get(answer.id)?.(answer);
    });
    const gone = () => {
      const all = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const tell of all) tell(undefined);
    };
    socket.on("close", gone);
    socket.on("error", () => socket.destroy());
  }

  /** Runs a lab through the server. Resolves also when it was refused or the server went away; an abort cancels the job. */
  run(
    lab: string,
    options: JobOptions,
    how: { command: string; wait: boolean; signal?: AbortSignal; onEvent?: (event: LabEvent) => void },
  ): Promise<JobEnd> {
    return new Promise((resolve) => {
      let job: JobInfo | null = null;
      const cancel = () => {
        if (job) this.#send({ do: "cancel", job: job.id, user: userName() }, () => {});
      };
      let quiet: NodeJS.Timeout | undefined = setTimeout(
        () => end({ job: null, result: null, error: errorToJson(mute()) }, id),
        answerMs,
      );
      const end = (outcome: JobEnd, id: number) => {
        clearTimeout(quiet);
        this.#waiting.delete(id);
        how.signal?.removeEventListener("abort", cancel);
        resolve(outcome);
      };
      const { command, wait } = how;
      const id = this.#send({ do: "submit", lab, command, user: userName(), options, wait }, (answer) => {
        if (answer === undefined) end({ job, result: null, error: errorToJson(gone(lab)) }, id);
        else if (answer.type === "accepted") {
          job = answer.job;
          clearTimeout(quiet);
          if (how.signal?.aborted) cancel();
          const holder = "queued on the server, which is busy";
          quiet = setTimeout(() => how.onEvent?.({ type: "waiting", lab, holder }), 500);
        } else if (answer.type === "event") {
          clearTimeout(quiet);
          how.onEvent?.(answer.event);
        } else if (answer.type === "ended") end({ job: answer.job, result: answer.result }, id);
        else if (answer.type === "refused") end({ job, result: null, error: answer.error }, id);
      });
      how.signal?.addEventListener("abort", cancel, { once: true });
    });
  }

  /** What the server is doing. Errors: ORC-003. */
  async status(): Promise<ServerStatus> {
    const answer = await this.#ask({ do: "status" });
    if (answer.type !== "status") throw gone();
    return answer.status;
  }

  /** Cancels a job. Errors: ORC-005 when it has ended, ORC-003. */
  async cancel(job: string): Promise<void> {
    const answer = await this.#ask({ do: "cancel", job, user: userName() });
    if (answer.type === "refused") {
      const { code, message, hint } = answer.error;
      if (code !== "ORC-005") throw gone();
      throw orchestrateErrors.jobUnknown({ message, ...(hint !== undefined && { hint }) });
    }
  }

  /** Tells the server that the queue or a lab's state was changed. */
  async wake(): Promise<void> {
    await this.#ask({ do: "wake" }).catch(() => {});
  }

  close(): void {
    this.#socket.end();
  }

  #ask(request: Unsent): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => reject(mute()), answerMs);
      const id = this.#send(request, (answer) => {
        clearTimeout(patience);
        this.#waiting.delete(id);
        if (answer) resolve(answer);
        else reject(gone());
      });
    });
  }

  #send(request: Unsent, onAnswer: (answer: Answer | undefined) => void): number {
    const id = ++this.#last;
    this.#waiting.set(id, onAnswer);
    if (this.#socket.destroyed) queueMicrotask(() => onAnswer(undefined));
    else writeLine(this.#socket, { id, at: Date.now(), ...request });
    return id;
  }
}

/** Connects to the server of a workspace on this machine; undefined when none runs. */
export async function connectToServer(state: string): Promise<ServerClient | undefined> {
  const file = readServerFile(state);
  if (!file) return undefined;
  const socket = connect(file.socket);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
  } catch {
    socket.destroy();
    return undefined;
  }
  return new ServerClient(socket);
}

const mute = (): LabsError =>
  orchestrateErrors.serverGone({
    message: "The server does not answer.",
    hint: "Look at its process (`labs health` names it) and start it again, or run beside it with `--no-server`.",
  });

const gone = (lab?: string): LabsError =>
  orchestrateErrors.serverGone({
    message: `The server stopped before ${lab === undefined ? "it answered" : `the run of ${lab} had ended`}.`,
    hint:
      lab === undefined
        ? "Start it again with `labs serve`."
        : "The run goes on when the server starts again; `labs history` tells how it ended.",
  });
