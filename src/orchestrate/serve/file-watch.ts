import { errorToJson } from "#errors/index.ts";
import { folderFingerprint, watchFolder } from "#ingest/index.ts";
import type { JobInfo, JobStore } from "#ledger/index.ts";
import type { Lab, Workspace } from "#registry/index.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { ServerEvent } from "./protocol.ts";

/** Watches the raw folders of labs that run when files arrive, and asks for a run when what lies there has settled. */
export class FileWatch {
  readonly #store: JobStore;
  readonly #onEvent: (event: ServerEvent) => void;
  readonly #onQueued: (jobs: JobInfo[]) => void;
  readonly #watched = new Map<string, { folder: string; stop: AbortController; done: Promise<void> }>();

  constructor(store: JobStore, hooks: { onEvent: (event: ServerEvent) => void; onQueued: (jobs: JobInfo[]) => void }) {
    this.#store = store;
    this.#onEvent = hooks.onEvent;
    this.#onQueued = hooks.onQueued;
  }

  /** Watches exactly the labs that want it now. */
  watch(workspace: Workspace, schedules: Schedule[]): void {
    const wanted = new Map(schedules.filter(({ onFiles, paused }) => onFiles && !paused).map((one) => [one.lab, one]));
    for (const [name, { folder, stop }] of this.#watched) {
      const lab = workspace.labs.find((one) => one.name === name);
      if (wanted.has(name) && lab?.paths.raw === folder) continue;
      stop.abort();
      this.#watched.delete(name);
    }
    for (const lab of workspace.active) {
      const schedule = wanted.get(lab.name);
      if (schedule && !this.#watched.has(lab.name)) this.#begin(lab, schedule);
    }
  }

  async stop(): Promise<void> {
    const all = [...this.#watched.values()];
    for (const { stop } of all) stop.abort();
    await Promise.all(all.map(({ done }) => done));
  }

  #begin(lab: Lab, schedule: Schedule): void {
    const stop = new AbortController();
    let last = "";
    const look = async (): Promise<{ again: boolean }> => {
      try {
        const seen = folderFingerprint(lab.paths.raw);
        const settled = seen === last;
        last = seen;
        const known = (await this.#store.labStates()).get(lab.name);
        if ((known?.filesSeen ?? "") === seen) return { again: false };
        // Something is being copied: one more look tells whether it is all there.
        if (!settled) return { again: true };
        if (known?.paused) return { again: false };
        this.#onQueued(await this.#store.filesSeen(lab.name, seen, [request(lab, schedule)]));
        return { again: false };
      } catch (error) {
        this.#onEvent({ type: "problem", error: errorToJson(error) });
        return { again: false };
      }
    };
    const done = watchFolder(lab.paths.raw, look, {
      signal: stop.signal,
      onPolling: (why) =>
        this.#onEvent({
          type: "note",
          text: `${lab.name}: files cannot be watched here (${why}); looking every second`,
        }),
    }).catch((error: unknown) => this.#onEvent({ type: "problem", error: errorToJson(error) }));
    this.#watched.set(lab.name, { folder: lab.paths.raw, stop, done });
  }
}

const request = (lab: Lab, schedule: Schedule) => ({
  lab: lab.name,
  trigger: "files",
  command: `labs run ${lab.name}`,
  priority: schedule.priority,
});
