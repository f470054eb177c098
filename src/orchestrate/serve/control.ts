import { createServer, type Server, type Socket } from "node:net";
import { errorToJson } from "#errors/index.ts";
import type { EventInfo, JobInfo, JobStore } from "#ledger/index.ts";
import type { LabRunResult } from "#pipeline/index.ts";
import { protectFile, removeFile } from "#registry/index.ts";
import { orchestrateErrors } from "../errors.ts";
import { readLines, writeLine } from "./lines.ts";
import { type Answer, answerMs, type Request, type ServerEvent, type ServerStatus } from "./protocol.ts";

/** Somebody who waits for a job. */
interface Follower {
  socket: Socket;
  id: number;
}

/** What a server does for those who talk to it. */
export interface ControlHooks {
  wake: () => void;
  cancel: (job: string) => void;
  /** Whether this server has a job's process. */
  runsHere: (job: string) => boolean;
  /** What is recorded of a run behind an event. */
  eventsOf: (run: string, after: number) => Promise<EventInfo[]>;
  /** Errors: REG-002, and those of a lab that must not run. */
  requireLab: (lab: string) => void;
  status: () => ServerStatus;
}

/** The server's side of the socket on which commands of the same machine and user talk to it. */
export class Control {
  readonly #store: JobStore;
  readonly #hooks: ControlHooks;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #followers = new Map<string, Follower[]>();
  /** Of jobs that run elsewhere: the run that was looked at last, and its last event that was told. */
  readonly #told = new Map<string, { run: string; seq: number }>();

  constructor(store: JobStore, hooks: ControlHooks) {
    this.#store = store;
    this.#hooks = hooks;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** The caller is the only server: what lies at the path was left by one that was killed. */
  async listen(path: string): Promise<void> {
    if (process.platform !== "win32") removeFile(path);
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(path, resolve);
    });
    // Whoever may write to it may run the labs.
    if (process.platform !== "win32") protectFile(path);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.end();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      setTimeout(() => {
        for (const socket of this.#sockets) socket.destroy();
      }, 1_000).unref();
    });
  }

  /** Passes on what happens to those who follow it. */
  tell(event: ServerEvent): void {
    if (event.type === "run") {
      for (const { socket, id } of this.#followers.get(event.job.id) ?? [])
        this.#answer(socket, { id, type: "event", event: event.event });
    } else if (event.type === "ended") this.#ended(event.job, event.result);
  }

  /** Of jobs that others run nobody hears here: those who wait for one learn from the ledger how it goes on and ends. */
  async look(): Promise<void> {
    for (const id of this.#followers.keys()) {
      if (this.#hooks.runsHere(id)) continue;
      const job = await this.#store.job(id).catch(() => undefined);
      if (!job || this.#hooks.runsHere(id) || job.state === "queued") continue;
      await this.#tellFromAfar(job);
      if (job.state !== "running") this.#ended(job, null);
    }
  }

  async #tellFromAfar({ id, lab, run, worker }: JobInfo): Promise<void> {
    if (run === null) return;
    const known = this.#told.get(id);
    const begun = known?.run === run;
    const events = await this.#hooks.eventsOf(run, begun ? known.seq : -1).catch(() => []);
    // Somebody else may have looked meanwhile.
    if (this.#told.get(id) !== known) return;
    this.#told.set(id, { run, seq: events.at(-1)?.seq ?? (begun ? known.seq : -1) });
    const host = worker?.split(":")[0] ?? "another host";
    const lines = events.flatMap(({ level, text }) => (level === "debug" ? [] : [{ level, text }]));
    if (!begun) lines.unshift({ level: "info", text: `It runs on ${host}.` });
    for (const line of lines)
      for (const follower of this.#followers.get(id) ?? [])
        this.#answer(follower.socket, { id: follower.id, type: "event", event: { type: "message", lab, ...line } });
  }

  #ended(job: JobInfo, result: LabRunResult | null): void {
    const followers = this.#followers.get(job.id) ?? [];
    if (job.state === "queued") {
      const text = `${job.message ?? "It did not end."} It is tried again at ${job.notBefore}.`;
      for (const { socket, id } of followers)
        this.#answer(socket, { id, type: "event", event: { type: "message", lab: job.lab, level: "warn", text } });
      return;
    }
    this.#followers.delete(job.id);
    this.#told.delete(job.id);
    for (const { socket, id } of followers) this.#answer(socket, { id, type: "ended", job, result });
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#sockets.delete(socket);
      for (const [job, followers] of this.#followers) {
        const left = followers.filter((follower) => follower.socket !== socket);
        if (left.length > 0) this.#followers.set(job, left);
        else this.#followers.delete(job);
      }
    });
    readLines(socket, (message) => {
      const request = message as Request;
      void this.#handle(socket, request).catch((error: unknown) =>
        this.#answer(socket, { id: request.id, type: "refused", error: errorToJson(error) }),
      );
    });
  }

  async #handle(socket: Socket, request: Request): Promise<void> {
    const { id } = request;
    if (Date.now() - request.at > answerMs) return;
    switch (request.do) {
      case "submit": {
        const job = await this.#submit(socket, request);
        this.#answer(socket, { id, type: "accepted", job });
        this.#hooks.wake();
        break;
      }
      case "cancel": {
        const job = await this.#store.cancel(request.job, request.user, new Date());
        if (!job) {
          throw orchestrateErrors.jobUnknown({
            message: `No job ${request.job} waits or runs.`,
            hint: "`labs jobs` lists them.",
          });
        }
        if (job.state === "running") this.#hooks.cancel(job.id);
        else this.#ended(job, null);
        this.#answer(socket, { id, type: "ok" });
        break;
      }
      case "wake":
        this.#hooks.wake();
        this.#answer(socket, { id, type: "ok" });
        break;
      case "status":
        this.#answer(socket, { id, type: "status", status: this.#hooks.status() });
        break;
      default:
        socket.destroy();
    }
  }

  async #submit(socket: Socket, request: Extract<Request, { do: "submit" }>): Promise<JobInfo> {
    this.#hooks.requireLab(request.lab);
    if (!request.wait) {
      const [open] = await this.#store.jobs({ lab: request.lab, states: ["queued", "running"], limit: 1 });
      if (open) {
        throw orchestrateErrors.labBusy({
          message: `The server has a job of ${request.lab} ${open.state}: ${open.command} (${open.trigger}).`,
          hint: "Leave out `--no-wait` to wait here.",
        });
      }
    }
    // What a person waits for goes before what the clock asked for.
    const [job] = await this.#store.enqueue([
      {
        lab: request.lab,
        trigger: "cli",
        command: request.command,
        user: request.user,
        options: request.options as Record<string, unknown>,
        priority: 100,
      },
    ]);
    if (!job) throw new Error("a request without a dedupe text is always new");
    this.#followers.set(job.id, [{ socket, id: request.id }]);
    return job;
  }

  #answer(socket: Socket, answer: Answer): void {
    writeLine(socket, answer);
  }
}
