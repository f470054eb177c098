/** Why a process is told to stop, or stops by itself: its parent is gone. */
export type StopReason = "cancelled" | "stopped" | "orphaned";

/** From the parent to a process that works for it. */
export type ToWorker<Work> = { type: "work"; work: Work } | { type: "stop"; reason: StopReason };

/** What every such process tells: it waits for work, and nothing is left of what it did before. */
export type Idle = { type: "idle" };

/** Above this the next lab gets a new process: what DuckDB and its allocator keep is not given back. */
const mostBytes = 400 * 1_048_576;

/** A parent that has just died hears nothing; the end of the connection tells the rest. */
export const tellParent = (message: object): void => {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
};

/**
 * The side of the process that works: takes one piece of work after the other and ends with its parent. `work` resolves with
 * whether it came to its own end, all closed; else the process ends, and the next piece gets a new one.
 */
export function serveWork<Work>(work: (work: Work, stop: AbortController) => Promise<boolean>): void {
  let current: AbortController | undefined;
  process.once("disconnect", () => {
    current?.abort("orphaned" satisfies StopReason);
    // Something that cannot be interrupted must not keep an orphan alive: the lab's data is safe at any moment.
    setTimeout(() => process.exit(1), 20_000).unref();
  });
  // Ctrl-C and a closed terminal reach the whole process group: the parent decides what they mean.
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
  process.on("SIGTERM", () => (current ? current.abort("stopped" satisfies StopReason) : leave()));
  process.on("message", (message: ToWorker<Work>) => {
    if (message.type === "stop") {
      current?.abort(message.reason);
      return;
    }
    const stop = (current = new AbortController());
    void work(message.work, stop)
      .catch(() => false)
      .then((ended) => {
        current = undefined;
        if (ended && !stop.signal.aborted && process.memoryUsage.rss() < mostBytes) tellParent({ type: "idle" });
        else leave();
      });
  });
}

const leave = (): void => {
  if (process.connected) process.disconnect();
};
