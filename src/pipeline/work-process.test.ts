import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WorkProcess } from "./work-process.ts";

type Told = { type: "told"; pid: number; text: string };

describe("a process that works for this one", () => {
  let folder: string;
  let script: string;
  const started: WorkProcess<string, Told>[] = [];
  const start = () => {
    const worker = new WorkProcess<string, Told>(script, "--work");
    started.push(worker);
    return worker;
  };
  const told = async (worker: WorkProcess<string, Told>, work: string) => {
    const texts: Told[] = [];
    await worker.run(work, (message) => texts.push(message));
    return texts;
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "labs-work-"));
    script = join(folder, "worker.ts");
    writeFileSync(
      script,
      `import { serveWork, tellParent } from ${JSON.stringify(join(import.meta.dirname, "serve-work.ts"))};
       serveWork(async (work, { signal }) => {
         if (work === "die") process.kill(process.pid, "SIGKILL");
         if (work === "throw") throw new Error("no");
         tellParent({ type: "told", pid: process.pid, text: "begun " + work });
         if (work === "wait") await new Promise((resolve) => signal.addEventListener("abort", resolve));
         tellParent({ type: "told", pid: process.pid, text: "ended " + (signal.reason ?? work) });
         return work !== "unfit";
       });`,
    );
  });
  afterAll(() => {
    for (const worker of started) worker.kill();
    rmSync(folder, { recursive: true });
  });

  it("does one piece after the other, and each hears only of its own", async () => {
    const worker = start();
    const [first, second] = [await told(worker, "one"), await told(worker, "two")];
    expect(first.map(({ text }) => text)).toEqual(["begun one", "ended one"]);
    expect(second.map(({ text }) => text)).toEqual(["begun two", "ended two"]);
    expect(second[0]?.pid).toBe(first[0]?.pid);
    expect(worker).toMatchObject({ end: undefined, ran: 2 });
  });

  it("is told to stop, and ends afterwards: the next piece gets a new one", async () => {
    const worker = start();
    const running = worker.run("wait", ({ text }) => {
      if (text === "begun wait") worker.stop("cancelled");
      else expect(text).toBe("ended cancelled");
    });
    await running;
    expect(worker.end).toBe("with code 0");
    expect(await told(worker, "more")).toEqual([]);
  });

  it("an order to stop that comes too late does not reach the next piece", async () => {
    const worker = start();
    await told(worker, "one");
    worker.stop("cancelled");
    expect((await told(worker, "two")).map(({ text }) => text)).toEqual(["begun two", "ended two"]);
  });

  it.each([
    ["unfit", "with code 0"],
    ["throw", "with code 0"],
    ["die", "by SIGKILL"],
  ])("says how it ended: %s", async (work, end) => {
    const worker = start();
    await told(worker, work);
    expect(worker.end).toBe(end);
  });

  it("ends when it is released", async () => {
    const worker = start();
    const [{ pid } = { pid: 0 }] = await told(worker, "one");
    worker.release();
    await expect.poll(() => worker.end, { timeout: 10_000 }).toBe("with code 0");
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });
});
