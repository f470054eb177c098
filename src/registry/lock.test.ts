import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { acquireLabLock, labHolder, leftoverHolder, type LockHolder } from "./lock.ts";
import { temporaryFolder, temporaryWorkspace } from "./testing/temporary.ts";
import { openRegistry } from "./workspace.ts";

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** Another process that takes the lab's lock, says so, and holds it until it is told or killed. */
async function otherProcess(root: string, lab: string): Promise<ChildProcess> {
  const registry = fileURLToPath(new URL("./index.ts", import.meta.url));
  const script = `
    import { acquireLabLock, openRegistry } from ${JSON.stringify(registry)};
    const lab = openRegistry(process.argv[2]).lab(process.argv[3]);
    const lock = await acquireLabLock(lab, { command: "labs run " + lab.name });
    process.stdout.write("held\\n");
    process.stdin.once("data", () => { lock.release(); process.stdout.write("free\\n"); process.exit(0); });
  `;
  const file = `${temporaryFolder()}/holder.ts`;
  writeFileSync(file, script);
  const child = spawn(process.execPath, [file, root, lab], { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  await once(child.stdout as NodeJS.ReadableStream, "data");
  return child;
}

const twoLabs = () => {
  const root = temporaryWorkspace("labs: {a: , b: }");
  const workspace = openRegistry(root);
  return { root, a: workspace.lab("a"), b: workspace.lab("b") };
};

describe("acquireLabLock", () => {
  it("gives a free lab at once and says who holds it", async () => {
    const { a, b } = twoLabs();
    const lock = await acquireLabLock(a, { command: "labs run a" });
    expect(labHolder(a)).toMatchObject({ pid: process.pid, command: "labs run a" });
    expect(labHolder(b)).toBeUndefined();
    const other = await acquireLabLock(b, { wait: false });
    lock.release();
    lock.release();
    expect(labHolder(a)).toBeUndefined();
    expect(existsSync(a.paths.holder)).toBe(false);
    other.release();
  });

  it("waits for another process, says who holds the lab, and gets it when that one is done", async () => {
    const { root, a } = twoLabs();
    const child = await otherProcess(root, "a");
    const seen: (LockHolder | undefined)[] = [];
    const lock = await acquireLabLock(a, {
      onWait: (holder) => {
        seen.push(holder);
        child.stdin?.write("done\n");
      },
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ pid: child.pid, command: "labs run a" });
    expect(seen[0]?.since).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(labHolder(a)).toMatchObject({ pid: process.pid });
    lock.release();
  });

  it("refuses at once without waiting, naming the holder", async () => {
    const { root, a } = twoLabs();
    const child = await otherProcess(root, "a");
    await expect(acquireLabLock(a, { wait: false })).rejects.toMatchObject({
      code: "REG-014",
      message: expect.stringMatching(new RegExp(`held by pid ${child.pid} .* since .*: labs run a`)),
    });
  });

  it("is free after kill -9, and tells what was left behind", async () => {
    const { root, a } = twoLabs();
    const child = await otherProcess(root, "a");
    expect(labHolder(a)).toMatchObject({ pid: child.pid });
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(labHolder(a)).toBeUndefined();
    expect(leftoverHolder(a)).toMatchObject({ pid: child.pid });
    const lock = await acquireLabLock(a, { wait: false });
    expect(leftoverHolder(a)).toBeUndefined();
    lock.release();
  });

  it("stops waiting when cancelled", async () => {
    const { root, a } = twoLabs();
    await otherProcess(root, "a");
    const stop = new AbortController();
    const waiting = acquireLabLock(a, { signal: stop.signal, onWait: () => stop.abort() });
    await expect(waiting).rejects.toMatchObject({ code: "REG-015" });
  });

  it("lets one of many in at a time", async () => {
    const { a } = twoLabs();
    let inside = 0;
    let most = 0;
    const worker = async () => {
      const lock = await acquireLabLock(a);
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
      lock.release();
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    expect(most).toBe(1);
  });
});
