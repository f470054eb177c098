import { watch } from "chokidar";
import { isTemporary } from "../detect/sources.ts";
import { basename } from "node:path";

/** Why a watched folder is looked at. */
export type LookReason = "start" | "files" | "interval" | "again";

export interface WatchOptions {
  /** Ends the watch; {@link watchFolder} resolves. */
  signal: AbortSignal;
  /** Look again this often although nothing was reported. Default 60,000. */
  intervalMs?: number;
  /** Ask for changes every second instead of waiting for the system to report them: for network drives. */
  poll?: boolean;
  /** Reports that come within this time of each other are one. Default 200. */
  gatherMs?: number;
  /** Watching is not available here, and polling has taken over. */
  onPolling?: (why: string) => void;
}

/**
 * Calls `look` at the start, whenever something changes below a folder, and at an interval: reports may be lost, what lies
 * in the folder is not. One call at a time. `look` answers whether it wants to look again soon, for files that are still
 * being written. Falls back to polling where the system has no watches left. Rejects when `look` does.
 */
export async function watchFolder(
  folder: string,
  look: (reason: LookReason) => Promise<{ again: boolean }>,
  options: WatchOptions,
): Promise<void> {
  const { signal, intervalMs = 60_000, gatherMs = 200 } = options;
  const bell = new Bell(signal);
  let watcher = open(folder, options.poll ?? false);
  const listen = () => {
    watcher.on("all", () => bell.ring("files", gatherMs));
    watcher.on("error", (error) => {
      if (options.poll || signal.aborted) return;
      options = { ...options, poll: true };
      options.onPolling?.(error instanceof Error ? error.message : String(error));
      void watcher.close();
      watcher = open(folder, true);
      listen();
      // What happened meanwhile was reported to nobody.
      bell.ring("files", gatherMs);
    });
  };
  listen();
  const interval = setInterval(() => bell.ring("interval", 0), intervalMs);
  try {
    let reason: LookReason | undefined = "start";
    while (reason !== undefined) {
      const { again } = await look(reason);
      if (again) bell.ring("again", 1_000);
      reason = await bell.next();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearInterval(interval);
    bell.stop();
    await watcher.close();
  }
}

const open = (folder: string, usePolling: boolean) =>
  watch(folder, {
    ignoreInitial: true,
    usePolling,
    interval: 1_000,
    ignored: (path) => path !== folder && isTemporary(basename(path)),
  });

/** Remembers that there is something to do while somebody is busy doing it. */
class Bell {
  readonly #signal: AbortSignal;
  #timer: NodeJS.Timeout | undefined;
  #due = Number.POSITIVE_INFINITY;
  #rung: LookReason | undefined;
  #wake: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#stopped, { once: true });
  }

  readonly #stopped = () => this.#wake?.();

  /** Rings after a time, or earlier when it was to ring earlier anyway. */
  ring(reason: LookReason, afterMs: number): void {
    const due = performance.now() + afterMs;
    if (due >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#due = Number.POSITIVE_INFINITY;
      this.#rung = reason;
      this.#wake?.();
    }, afterMs);
  }

  /** Waits for the next ring; undefined when the watch is over. */
  async next(): Promise<LookReason | undefined> {
    while (this.#rung === undefined && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const reason = this.#rung;
    this.#rung = undefined;
    return this.#signal.aborted ? undefined : reason;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener("abort", this.#stopped);
  }
}
