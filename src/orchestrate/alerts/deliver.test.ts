import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newRunId, openLedger } from "#ledger/index.ts";
import { Alerter } from "./alerter.ts";
import { send } from "./channels/send.ts";
import { WebhookServer } from "./testing/servers.ts";
import { TestWorkspace } from "./testing/workspace.ts";

let test: TestWorkspace;
let web: WebhookServer;
let url: string;
beforeEach(async () => {
  test = new TestWorkspace().labs({ a: { "dbt/models/m.sql": "select x" }, b: { "dbt/models/m.sql": "select x" } });
  web = new WebhookServer();
  url = await web.start();
});
afterEach(async () => {
  await web.stop();
  await test.remove();
});

const hook = (more = "") => `channels:\n  hook: { type: webhook, url: "${url}"${more} }\n`;
const later = (seconds: number) => void (test.now = new Date(test.now.getTime() + seconds * 1000));
const states = async () =>
  (await (await test.ledger()).alerts.deliveries()).map(({ state, attempts }) => [state, attempts]);
const ids = () => web.requests.map(({ headers }) => headers["webhook-id"]);

describe("a channel that fails", () => {
  it("is tried again with longer and longer waits, with the same id, and never holds a run or another channel up", async () => {
    test.alerts(`${hook()}  log: { type: file, path: alerts.ndjson }\n`);
    const alerter = await test.alerter({ send });
    web.behaviour = [503];
    expect(await test.run("a")).toBe("failed");
    await alerter.evaluate();
    expect(await alerter.deliver()).toEqual({ sent: 1, failed: 0, waiting: 1 });
    // Not before its time.
    expect(await alerter.deliver()).toMatchObject({ waiting: 1 });
    expect(web.requests).toHaveLength(1);
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      const next = (await (await test.ledger()).alerts.channels()).get("hook")?.nextAt ?? "";
      waits.push(Date.parse(next) - test.now.getTime());
      test.now = new Date(next);
      await alerter.deliver();
    }
    // Half to all of 10 s, 20 s … 15 min; `random` says the middle.
    expect(waits).toEqual([7_500, 15_000, 30_000, 60_000, 120_000, 240_000, 480_000, 675_000, 675_000]);
    const health = await alerter.health();
    expect(health.alerts.channels[0]).toMatchObject({
      name: "hook",
      problem: "it answered 503",
      waiting: 1,
      failingSince: expect.any(String),
    });
    web.behaviour = [200];
    later(900);
    expect(await alerter.deliver()).toEqual({ sent: 1, failed: 0, waiting: 0 });
    expect(new Set(ids()).size).toBe(1);
    expect((await alerter.health()).alerts.channels[0]).toMatchObject({ failingSince: null, waiting: 0 });
    const deliveries = await (await test.ledger()).alerts.deliveries();
    expect(JSON.stringify(deliveries)).not.toContain("secret.example.com");
  });

  it("keeps the order; what it refuses for good is lost and told, and the next message goes out", async () => {
    test.alerts(hook());
    const alerter = await test.alerter({ send });
    for (const lab of ["a", "b"]) {
      await test.run(lab);
      await alerter.evaluate();
    }
    web.behaviour = ["drop", 400, 200];
    expect(await alerter.deliver()).toEqual({ sent: 0, failed: 0, waiting: 2 });
    later(20);
    expect(await alerter.deliver()).toEqual({ sent: 1, failed: 1, waiting: 0 });
    expect(await states()).toEqual([
      ["sent", 1],
      ["failed", 2],
    ]);
    expect((await alerter.health()).alerts.channels[0]).toMatchObject({ lost: 1, problem: "it answered 400" });
  });

  it("waits as long as the receiver asks, and gives a message up after three days", async () => {
    test.alerts(hook());
    const alerter = await test.alerter({ send });
    await test.run("a");
    await alerter.evaluate();
    web.behaviour = [{ status: 429, headers: { "retry-after": "1800" } }, 503];
    await alerter.deliver();
    later(1790);
    expect(await alerter.deliver()).toMatchObject({ waiting: 1 });
    expect(web.requests).toHaveLength(1);
    later(3 * 86_400);
    expect(await alerter.deliver()).toEqual({ sent: 0, failed: 1, waiting: 0 });
    expect((await (await test.ledger()).alerts.deliveries())[0]?.problem).toBe(
      "it answered 503; given up after 3 days",
    );
  });

  it("that was taken out of alerts.yml gets nothing any more", async () => {
    test.alerts(hook());
    const alerter = await test.alerter({ send });
    await test.run("a");
    await alerter.evaluate();
    test.alerts("channels: {}\n");
    await alerter.deliver();
    expect(await states()).toEqual([["dropped", 0]]);
  });
});

it("a channel sends no more an hour than it may; the rest waits", async () => {
  test.alerts(hook(", max_per_hour: 2"));
  const alerter = await test.alerter({ send });
  const store = (await test.ledger()).alerts;
  for (let i = 0; i < 5; i++)
    await store.enqueue(
      { id: newRunId(test.now.getTime() + i), channel: "hook", kind: "test", createdAt: test.now.toISOString() },
      { subject: `${i}`, body: "", data: {} },
    );
  expect(await alerter.deliver()).toEqual({ sent: 2, failed: 0, waiting: 3 });
  later(1800);
  expect(await alerter.deliver()).toMatchObject({ sent: 0, waiting: 3 });
  later(1801);
  expect(await alerter.deliver()).toMatchObject({ sent: 2, waiting: 1 });
  later(3601);
  expect(await alerter.deliver()).toMatchObject({ sent: 1, waiting: 0 });
  expect(web.requests.map(({ body }) => JSON.parse(body).subject)).toEqual(["0", "1", "2", "3", "4"]);
});

it("what is held by quiet hours says what is so in the morning, and nothing when all is over by then", async () => {
  const local = (hour: number) => `${String((test.now.getUTCHours() + hour) % 24).padStart(2, "0")}:00`;
  test.alerts(`${hook()}quiet_hours: { from: "${local(0)}", to: "${local(3)}", timezone: UTC }\n`);
  const alerter = await test.alerter({ send });
  await test.run("a");
  await test.run("b");
  await alerter.evaluate();
  expect(await alerter.deliver()).toMatchObject({ sent: 0, waiting: 2 });
  test.write("a/dbt/models/m.sql", "select 1 as x");
  await test.run("a");
  await alerter.evaluate();
  later(4 * 3600);
  expect(await alerter.deliver()).toMatchObject({ sent: 1, waiting: 0 });
  expect(JSON.parse(web.requests[0]?.body ?? "")).toMatchObject({ subject: "b failed: model m failed" });
  expect((await states()).map(([state]) => state).toSorted()).toEqual(["dropped", "dropped", "sent"]);
});

describe("several processes", () => {
  it("that look and send at the same time tell everything once", async () => {
    test.alerts(hook());
    for (const lab of ["a", "b"]) await test.run(lab);
    const ledgers = await Promise.all([1, 2, 3, 4].map(() => openLedger(join(test.root, ".labs/ledger.db"))));
    const alerters = ledgers.map((ledger) => new Alerter(ledger, test.workspace, { env: {} }));
    const round = async (alerter: Alerter) => {
      await alerter.evaluate();
      await alerter.tick();
      await alerter.deliver();
    };
    await Promise.all(alerters.map(round));
    await Promise.all(alerters.map(round));
    for (const ledger of ledgers) await ledger.close();
    const subjects = web.requests.map(({ body }) => JSON.parse(body).subject).toSorted();
    expect(subjects).toEqual(["a failed: model m failed", "b failed: model m failed"]);
    expect((await (await test.ledger()).alerts.incidents()).map(({ seen }) => seen)).toEqual([1, 1]);
  });

  it("one that is killed while it sends leaves the message to another, which sends it with the same id", async () => {
    test.alerts(hook());
    await test.run("a");
    await (await test.alerter()).evaluate();
    web.behaviour = ["stall"];
    const module = (path: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, path)).href);
    const script = `
      import { Alerter } from ${module("alerter.ts")};
      import { openLedger } from ${module("../../ledger/index.ts")};
      import { openRegistry } from ${module("../../registry/index.ts")};
      const ledger = await openLedger(${JSON.stringify(join(test.root, ".labs/ledger.db"))});
      await new Alerter(ledger, openRegistry(${JSON.stringify(test.root)})).deliver();`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    await expect.poll(() => web.requests.length, { timeout: 50_000 }).toBe(1);
    child.kill("SIGKILL");
    await once(child, "exit");
    web.behaviour = [200];
    const alerter = await test.alerter({ send });
    // The channel is still the dead process's, for some time.
    test.now = new Date();
    expect(await alerter.deliver()).toEqual({ sent: 0, failed: 0, waiting: 1 });
    later(120);
    expect(await alerter.deliver()).toEqual({ sent: 1, failed: 0, waiting: 0 });
    expect(ids()).toHaveLength(2);
    expect(new Set(ids()).size).toBe(1);
    expect(new Set(web.requests.map(({ body }) => body)).size).toBe(1);
  });
});
