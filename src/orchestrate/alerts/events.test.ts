import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestWorkspace } from "./testing/workspace.ts";

let test: TestWorkspace;
beforeEach(() => {
  test = new TestWorkspace().labs({ a: { "dbt/models/m.sql": "select 1 as x" } });
  test.alerts("channels: { log: { type: file, path: alerts.ndjson } }\n");
});
afterEach(() => test.remove());

const later = (minutes: number) => void (test.now = new Date(test.now.getTime() + minutes * 60_000));

async function round(effects: Parameters<TestWorkspace["alerter"]>[0] = {}) {
  const alerter = await test.alerter(effects);
  await alerter.evaluate();
  await alerter.tick();
  await alerter.deliver();
  return test.sent.splice(0).map(({ kind, message }) => `${kind}: ${message.subject}`);
}

/** A run as it is recorded, without a lab. */
async function recorded(
  status: "ok" | "failed",
  summary: Record<string, unknown>,
  events: { type: string; text: string; data: unknown }[] = [],
) {
  const run = await (await test.ledger()).startRun({ lab: "a", trigger: "cli", command: "labs run a" });
  for (const event of events) run.event({ level: "warn", ...event });
  if (typeof summary["score"] === "number") run.score({ scope: "lab", name: "a", score: summary["score"] });
  await run.finish(status, { models: { ok: 1, failed: 0, skipped: 0 }, ...summary });
  // Ids of one millisecond are in no order.
  await new Promise((done) => setTimeout(done, 2));
}

describe("the attempts at a job", () => {
  const error = {
    code: "ING-041",
    title: "API cannot be reached",
    message: "GET https://api.example.com/v1 failed.",
    retryable: true,
  };

  it("are one failure, told when there is no further one", async () => {
    const ledger = await test.ledger();
    const { jobs } = ledger;
    await jobs.enqueue([{ lab: "a", trigger: "schedule", command: "labs run a" }]);
    const attempt = async (retryAt?: Date) => {
      const job = (await jobs.claim("w", new Date(), 60_000))!;
      const run = await ledger.startRun({ lab: "a", trigger: "schedule", command: "labs run a", job });
      await run.finish("failed", { message: error.message, error });
      // Between the end of the run and that of its job nobody knows what comes.
      expect(await round()).toEqual([]);
      await jobs.finish(
        job,
        { state: "failed", message: error.message, error, ...(retryAt && { retryAt: retryAt.toISOString() }) },
        new Date(),
      );
    };
    await attempt(new Date(Date.now() - 1000));
    expect(await round()).toEqual([]);
    await attempt();
    expect(await round()).toEqual(["opened: a failed: the run failed"]);
    expect((await ledger.alerts.state()).open).toMatchObject([
      { seen: 1, fingerprint: "failed:unreachable:api.example.com" },
    ]);
    expect(await round()).toEqual([]);
  });

  it("that could not even begin are told, and over with the next run", async () => {
    const ledger = await test.ledger();
    await round();
    const [queued] = await ledger.jobs.enqueue([{ lab: "a", trigger: "schedule", command: "labs run a" }]);
    const job = (await ledger.jobs.claim("w", new Date(), 60_000))!;
    expect(job.id).toBe(queued?.id);
    const wrong = {
      code: "REG-004",
      title: "Unknown key",
      message: "`sorces` is not a key.",
      retryable: false,
      place: { file: join(test.root, "a/lab.yml"), line: 3, column: 1 },
    };
    await ledger.jobs.finish(job, { state: "failed", message: wrong.message, error: wrong }, new Date());
    const alerter = await test.alerter();
    await alerter.evaluate();
    await alerter.deliver();
    const [{ message } = { message: { subject: "", body: "" } }] = test.sent.splice(0);
    expect(message.subject).toBe("a failed: unknown key");
    expect(message.body).toContain("at `a/lab.yml:3:1`");
    await recorded("ok", {});
    expect(await round()).toEqual(["recovered: a recovered: unknown key"]);
  });
});

it("steps that another attempt made good, or that are not required, are no cause of what else failed", async () => {
  test.labs({
    a: {
      "dbt/models/m.sql": "select nothing",
      "lab.yml": `steps:
  - { name: flaky, before: check, command: "test $LABS_ATTEMPT = 2", retries: 1, retry_wait: 1 s }
  - { name: extra, after: flaky, command: "false", required: false }
`,
    },
  });
  await test.run("a");
  expect(await round()).toEqual(["opened: a failed: model m failed"]);
});

it("a run whose process was killed is told, and over with the next one that ends by itself", async () => {
  const script = `
    import { openLedger } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, "../../ledger/index.ts")).href)};
    const ledger = await openLedger(${JSON.stringify(join(test.root, ".labs/ledger.db"))});
    const run = await ledger.startRun({ lab: "a", trigger: "cli", command: "labs run a" });
    run.step("transform");
    await run.flush();
    console.log("running");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  expect(await round()).toEqual([]);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await round()).toEqual(["opened: a failed: its process ended in the step transform without a word"]);
  // The next run writes down that it crashed: the same, seen once.
  await recorded("ok", {});
  expect(await round()).toEqual(["recovered: a recovered: its process ended in the step transform without a word"]);
  expect(await round()).toEqual([]);
});

describe("a score", () => {
  it("that drops is told once, and over when it is usual again, be it the new usual", async () => {
    for (const score of [95, 96, 94]) await recorded("ok", { score });
    expect(await round()).toEqual([]);
    await recorded("ok", { score: 91 });
    expect(await round()).toEqual([]);
    await recorded("ok", { score: 80 });
    expect(await round()).toEqual(["opened: a dropped in score: the score is 80; usual is 94.5"]);
    await recorded("ok", { score: 81 });
    expect(await round()).toEqual([]);
    await recorded("ok", { score: 94 });
    expect(await round()).toEqual([expect.stringMatching(/^recovered: a recovered: the score is 81/)]);
    for (const score of [70, 70, 70, 70]) await recorded("ok", { score });
    const told = await round();
    expect(told.filter((line) => line.startsWith("opened"))).toHaveLength(0);
  });

  it("under the lab's own least is told however usual it is", async () => {
    test.write("a/lab.yml", "alerts: { thresholds: { score_drop: { under: 90 } } }\n");
    for (const score of [85, 85]) await recorded("ok", { score });
    expect(await round()).toEqual(["opened: a dropped in score: the score is 85; the least allowed is 90"]);
  });
});

describe("rows and columns", () => {
  it("quarantined rows are told by count or share, drift with its columns; nobody is told that these are over", async () => {
    test.alerts("channels: { log: { type: file, path: x } }\nthresholds: { quarantined: 10% }\n");
    await recorded("ok", { rowsLoaded: 95, rowsQuarantined: 5, files: 1 });
    expect(await round()).toEqual([]);
    const drift = {
      type: "drift",
      text: "orders.csv: new columns vat",
      data: { type: "drift", source: "orders", file: "orders.csv", added: ["vat"] },
    };
    await recorded("ok", { rowsLoaded: 80, rowsQuarantined: 20, files: 1 }, [drift]);
    expect(await round()).toEqual(["opened: a quarantined rows: 20 rows of 100 went into quarantine and 1 more"]);
    await recorded("ok", { rowsLoaded: 0, files: 0 });
    expect((await (await test.ledger()).alerts.state()).open).toHaveLength(2);
    await recorded("ok", { rowsLoaded: 10, files: 1 });
    expect(await round()).toEqual([]);
    expect((await (await test.ledger()).alerts.state()).open).toEqual([]);
  });
});

describe("conditions", () => {
  it("a scheduled lab is late when no server runs, for all labs at once, and over when it ran", async () => {
    test.labs({ a: { "lab.yml": "schedule: { every: 1 hour }\n" }, b: { "lab.yml": "schedule: { every: 1 hour }\n" } });
    const ledger = await test.ledger();
    for (const lab of ["a", "b"]) await (await ledger.startRun({ lab, trigger: "cli", command: "x" })).finish("ok", {});
    expect(await round()).toEqual([]);
    later(76);
    const told = await round();
    expect(told).toEqual([
      expect.stringMatching(/^opened: a, b are late: was due at .* and has not begun: no server is running$/),
    ]);
    later(1);
    expect(await round()).toEqual([]);
  });

  it("disk is told once while it goes up and down, and over when there is room for some time", async () => {
    let free = 10e9;
    const machine = {
      volumeOf: () => ({ device: "1", free, total: 1000e9 }),
      sizeOf: () => 1e6,
      modifiedAt: () => undefined,
      memory: () => ({ free: 8e9, total: 16e9 }),
    };
    const told: string[] = [];
    for (const next of [10e9, 60e9, 40e9, 60e9, 40e9, 60e9, 60e9, 60e9, 60e9]) {
      free = next;
      told.push(...(await round({ machine })));
      later(5);
    }
    expect(told).toEqual([
      expect.stringMatching(/^opened: a is low on disk/),
      expect.stringMatching(/^recovered: a recovered: its disk has/),
    ]);
  });

  it("memory belongs to no lab", async () => {
    const machine = {
      volumeOf: () => undefined,
      sizeOf: () => 0,
      modifiedAt: () => undefined,
      memory: () => ({ free: 0.1e9, total: 16e9 }),
    };
    expect(await round({ machine })).toEqual([
      expect.stringMatching(/^opened: labs-alerts-\w+ is low on memory: 100 MB of 16 GB memory free$/),
    ]);
  });
});

it("the digest tells of all labs", async () => {
  test.alerts('channels: { log: { type: file, path: x } }\ndigest: { at: "07:30", timezone: UTC, channels: [log] }\n');
  test.now = new Date("2099-03-01T06:00:00Z");
  await round();
  test.now = new Date("2099-03-01T07:31:00Z");
  const alerter = await test.alerter();
  await alerter.tick();
  await alerter.deliver();
  const [{ kind, message } = { kind: "", message: { subject: "", body: "" } }] = test.sent;
  expect(kind).toBe("digest");
  expect(message.subject).toMatch(/^labs-alerts-\w+: all is well \(2099-03-01\)$/);
  expect(message.body).toContain("- **a**: never run");
});
