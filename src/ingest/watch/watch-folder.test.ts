import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LookReason, watchFolder } from "./watch-folder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "labs-watch-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Watches until the looks are as many as `steps`, doing one step after each. Returns the reasons. */
async function looks(
  steps: (() => void)[],
  options: { poll?: boolean; intervalMs?: number } = {},
  again: boolean[] = [],
) {
  const stop = new AbortController();
  const reasons: LookReason[] = [];
  await watchFolder(
    folder,
    async (reason) => {
      reasons.push(reason);
      const step = steps.shift();
      // The watcher needs a moment to see the folder as it is.
      setTimeout(() => (step ? step() : stop.abort()), reasons.length === 1 ? 300 : 0);
      return { again: again.shift() ?? false };
    },
    { signal: stop.signal, gatherMs: 20, ...options },
  );
  return reasons;
}

describe("watchFolder", () => {
  it.each([false, true])("looks at the start and after every change, polling %s", { timeout: 20_000 }, async (poll) => {
    const reasons = await looks(
      [
        () => writeFileSync(join(folder, "a.csv"), "id\n1\n"),
        () => renameSync(join(folder, "a.csv"), join(folder, "b.csv")),
        () => {
          mkdirSync(join(folder, "deep"));
          writeFileSync(join(folder, "deep", "c.csv"), "id\n1\n");
        },
      ],
      { poll },
    );
    expect(reasons).toHaveLength(4);
    expect(new Set(reasons.slice(1))).toEqual(new Set(["files"]));
  });

  it("looks again by itself at the interval and when asked to, and pays no attention to unfinished files", async () => {
    expect(await looks([() => writeFileSync(join(folder, "a.csv.part"), "id\n")], { intervalMs: 600 })).toEqual([
      "start",
      "interval",
    ]);
    expect(await looks([() => {}], {}, [true])).toEqual(["start", "again"]);
  });

  it("ends with what went wrong", async () => {
    const stop = new AbortController();
    await expect(watchFolder(folder, () => Promise.reject(new Error("no")), { signal: stop.signal })).rejects.toThrow(
      "no",
    );
  });
});
