import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestWorkspace } from "./testing/workspace.ts";

let test: TestWorkspace;
beforeEach(() => void (test = new TestWorkspace()));
afterEach(() => test.remove());

const later = (hours: number) => void (test.now = new Date(test.now.getTime() + hours * 3_600_000));
const oneChannel = "channels: { log: { type: file, path: alerts.ndjson } }\n";

/** `bronze` with twenty models and twenty tests behind it. */
function chain(bronze: string): Record<string, string> {
  const files: Record<string, string> = { "dbt/models/bronze.sql": bronze };
  const names = Array.from({ length: 20 }, (_, i) => `m${String(i).padStart(2, "0")}`);
  for (const [i, name] of names.entries())
    files[`dbt/models/${name}.sql`] = `select * from {{ ref('${i === 0 ? "bronze" : (names[i - 1] as string)}') }}`;
  const tests = names.map((name) => `  - { name: ${name}, columns: [{ name: a, data_tests: [not_null] }] }\n`);
  files["dbt/models/all.yml"] = `models:\n${tests.join("")}`;
  return files;
}

async function round() {
  const alerter = await test.alerter();
  const evaluated = await alerter.evaluate();
  await alerter.tick();
  const delivered = await alerter.deliver();
  const sent = test.sent
    .splice(0)
    .map(({ kind, message: { subject, body }, channel }) => ({ kind, subject, body, channel }));
  return { alerter, evaluated, delivered, sent };
}

describe("a failed bronze model", () => {
  const broken = "select\n  no_such_column\nfrom (select 1 as a)";
  it("and the forty nodes behind it are one message that names the cause, folded while it lasts, and recovery is told once", async () => {
    test.labs({ shop: chain(broken) }).alerts(`${oneChannel}repeat: 1 hour\n`);
    expect(await test.run("shop")).toBe("failed");
    const first = await round();
    expect(first.evaluated).toBe(1);
    expect(first.sent).toHaveLength(1);
    const [{ subject, body } = { subject: "", body: "" }] = first.sent;
    expect(subject).toBe("shop failed: model bronze failed");
    expect(body).toMatch(/^\*\*shop failed\*\*: model bronze failed$/m);
    expect(body).toMatch(/^[A-Z]{2,8}-\d{3}: .*no_such_column/m);
    expect(body).toContain("at `shop/dbt/models/bronze.sql:2");
    expect(body).toContain("20 models and 20 tests were skipped behind it.");
    const [run] = await (await test.ledger()).runs();
    expect(body).toContain(`labs logs ${run?.id.slice(-7)}`);

    // The same again is counted and not told; nothing new is nothing.
    await test.run("shop");
    later(0.5);
    expect((await round()).sent).toEqual([]);
    expect((await round()).evaluated).toBe(0);
    expect((await (await test.ledger()).alerts.state()).open).toMatchObject([
      { seen: 2, labs: { shop: { over: false } } },
    ]);
    later(1);
    const again = await round();
    expect(again.sent).toMatchObject([{ kind: "repeated", subject: "[still] shop failed: model bronze failed" }]);
    expect(again.sent[0]?.body).toContain("seen 2 times");

    test.labs({ shop: chain("select 1 as a") });
    expect(await test.run("shop")).toBe("ok");
    expect((await round()).sent).toMatchObject([{ kind: "recovered", subject: "shop recovered: model bronze failed" }]);
    await test.run("shop");
    expect((await round()).sent).toEqual([]);
    expect((await (await test.ledger()).alerts.state()).open).toEqual([]);
  });

  it("keeps its fingerprint, and is not over by a run that did not look at it", async () => {
    test.labs({ shop: { ...chain(broken), "dbt/models/apart.sql": "select 1 as a" } }).alerts(oneChannel);
    await test.run("shop");
    await round();
    const { runLab } = await import("#pipeline/index.ts");
    const { workspace } = test;
    const partly = await runLab(workspace, workspace.lab("shop"), { select: ["apart"] });
    expect(partly.status).toBe("ok");
    expect((await round()).sent).toEqual([]);
    const [before] = (await (await test.ledger()).alerts.state()).open;
    test.labs({ shop: chain("select yet_another_mistake") });
    await test.run("shop");
    expect((await round()).sent).toEqual([]);
    const [after] = (await (await test.ledger()).alerts.state()).open;
    expect(after).toMatchObject({
      fingerprint: before?.fingerprint,
      id: before?.id,
      cause: { message: expect.stringContaining("yet_another_mistake") },
    });
  });

  it("and another mistake of the same run are one message with both", async () => {
    test
      .labs({
        shop: {
          ...chain(broken),
          "dbt/models/two.sql": "select null as b",
          "dbt/models/two.yml": "models: [{ name: two, columns: [{ name: b, data_tests: [not_null] }] }]",
        },
      })
      .alerts(oneChannel);
    await test.run("shop");
    const { sent } = await round();
    expect(sent).toMatchObject([{ subject: "shop failed: model bronze failed and 1 more" }]);
    expect(sent[0]?.body).toContain("- test not_null_two_b failed with 1 row");
    // One of the two is mended.
    test.write("shop/dbt/models/two.sql", "select 1 as b");
    await test.run("shop");
    expect((await round()).sent).toMatchObject([
      { kind: "recovered", subject: "shop recovered: test not_null_two_b failed with 1 row" },
    ]);
  });
});

describe("one cause on many labs", () => {
  it("is one message, and over when it is over for all", async () => {
    const source = (name: string) => ({
      "lab.yml": `sources:\n  - name: ${name}\n    api: { url: "http://127.0.0.1:9/${name}", retries: 0, timeout: 2 s }\n`,
    });
    test.labs({ a: source("a"), b: source("b"), c: source("c") }).alerts(oneChannel);
    for (const lab of ["a", "b", "c"]) expect(await test.run(lab)).toBe("failed");
    const { sent } = await round();
    expect(sent).toHaveLength(1);
    expect(sent[0]?.subject).toMatch(/^a, b, c failed: /);
    expect(sent[0]?.body).toMatch(/- a, since .*\n- b, since .*\n- c, since/);
    for (const lab of ["a", "b"]) {
      test.write(`${lab}/lab.yml`, "");
      expect(await test.run(lab)).toBe("ok");
    }
    expect((await round()).sent).toEqual([]);
    test.write("c/lab.yml", "");
    await test.run("c");
    expect((await round()).sent).toMatchObject([
      { kind: "recovered", subject: expect.stringMatching(/^a, b, c recovered/) },
    ]);
  });
});

describe("who is told", () => {
  it("is what rules and labs say", async () => {
    test
      .labs(
        {
          a: chain("select x"),
          b: chain("select x"),
          c: { ...chain("select x"), "lab.yml": "alerts: { mute: [failed] }" },
          d: { ...chain("select x"), "lab.yml": "alerts: { channels: [own] }" },
        },
        { a: "{ maintainer: Ada, tags: [finance] }" },
      )
      .alerts(
        `channels:
  all: { type: file, path: all }
  ada: { type: file, path: ada }
  money: { type: file, path: money }
  own: { type: file, path: own }
rules:
  - { channels: all, events: [failed] }
  - { channels: ada, owners: "ad*" }
  - { channels: money, tags: finance, events: [recovered] }
`,
      );
    for (const lab of ["a", "b", "c", "d"]) await test.run(lab);
    const { sent } = await round();
    expect(sent.map(({ channel, subject }) => [channel, subject[0]]).toSorted()).toEqual([
      ["ada", "a"],
      ["all", "a"],
      ["all", "b"],
      ["own", "d"],
    ]);
    test.labs({ a: chain("select 1 as a") }, { a: "{ maintainer: Ada, tags: [finance] }" });
    await test.run("a");
    // `money` was never told, so it is not told that it is over; `all` does not want to know.
    expect((await round()).sent).toMatchObject([{ channel: "ada", kind: "recovered" }]);
  });

  it("nobody without alerts.yml, and incidents are kept all the same", async () => {
    test.labs({ a: chain("select x") });
    await test.run("a");
    const { sent, alerter } = await round();
    expect(sent).toEqual([]);
    expect((await (await test.ledger()).alerts.state()).open).toHaveLength(1);
    expect((await alerter.health()).alerts).toMatchObject({ configured: false, open: 1 });
  });

  it("a broken alerts.yml leaves the last one in force and is told", async () => {
    test.labs({ a: chain("select x") }).alerts(oneChannel);
    const alerter = await test.alerter();
    await alerter.evaluate();
    test.alerts("chanels: {}\n");
    await test.run("a");
    await alerter.evaluate();
    await alerter.deliver();
    expect(test.sent).toHaveLength(1);
    expect(alerter.problems[0]).toMatch(/REG-004.*chanels.*shared\/config\/alerts\.yml:1:1/);
  });

  it("through the workspace's own template; one with a mistake is told, and the built-in one is used", async () => {
    test.labs({ a: chain("select x") }).alerts(oneChannel);
    test.write("shared/config/alerts/failed.md", "subject: {{lab}} is down\n\n{{sumary}}\n");
    await test.run("a");
    const first = await round();
    expect(first.sent[0]?.subject).toBe("a failed: model bronze failed");
    expect(first.alerter.problems[0]).toMatch(/ALR-001.*sumary.*failed\.md:3:1/);
    test.write("shared/config/alerts/failed.md", "subject: {{lab}} is down\n\n{{summary}}, {{times}} times\n");
    later(25);
    await test.run("a");
    const second = await round();
    expect(second.sent).toMatchObject([{ subject: "a is down", body: "model bronze failed, 2 times\n" }]);
    expect(second.alerter.problems).toEqual([]);
  });
});

describe("secrets", () => {
  it("are in no message, also when an error tells them", async () => {
    test
      .labs({
        a: {
          "lab.yml": "secrets: [SHOP_KEY]\n",
          "dbt/models/m.sql": "select 'sesame-open' from no_such_sesame_open_4711",
        },
      })
      .alerts("channels: { hook: { type: webhook, url_env: HOOK_URL, secret_env: HOOK_KEY } }\n");
    await test.run("a");
    const alerter = await test.alerter({ env: { SHOP_KEY: "no_such_sesame_open_4711", HOOK_KEY: "k-123456" } });
    await alerter.evaluate();
    await alerter.deliver();
    expect(JSON.stringify(test.sent)).toContain("[SHOP_KEY]");
    expect(JSON.stringify(test.sent)).not.toContain("4711");
    const deliveries = await (await test.ledger()).alerts.deliveries();
    expect(JSON.stringify(deliveries)).not.toContain("4711");
  });
});

it("history before the first look is not told, only how labs are now", async () => {
  test.labs({ a: chain("select x"), b: chain("select 1 as a") });
  await test.run("a");
  test.write("b/dbt/models/bronze.sql", "select x");
  await test.run("b");
  test.write("b/dbt/models/bronze.sql", "select 1 as a");
  await test.run("b");
  await test.run("a");
  test.alerts(oneChannel);
  expect((await round()).sent.map(({ subject }) => subject)).toEqual(["a failed: model bronze failed"]);
});
