import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "#duck/index.ts";
import { openLedger } from "#ledger/index.ts";
import { openPublished } from "#publish/index.ts";
import { openRegistry } from "#registry/index.ts";
import { ingestLab } from "./ingest-lab.ts";
import { planLab } from "./plan-lab.ts";
import { runLab } from "./run-lab.ts";
import type { LabEvent } from "./types.ts";

let root: string;
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "labs-pipeline-")));
  write("shared/config/labs_config.yaml", "labs:\n  shop: {}\n");
  write("shop/dbt/dbt_project.yml", 'name: shop\nversion: "1.0"\nprofile: shop\nmodels:\n  +materialized: table\n');
  write("shop/dbt/models/sources.yml", "sources: [{ name: raw, tables: [{ name: sold }] }]\n");
  write("shop/dbt/models/bronze.sql", "select * from {{ source('raw', 'sold') }}");
  write("shop/dbt/models/gold.sql", "select sum(n) as n from {{ ref('bronze') }}");
  write("shop/dbt/models/gold.yml", "models: [{ name: gold, columns: [{ name: n, data_tests: [not_null] }] }]\n");
  write("shop/data/raw/sold.csv", "id,n\n1,2\n2,3\n");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function run(
  options: Omit<NonNullable<Parameters<typeof runLab>[2]>, "onEvent"> = {},
  onEvent?: (event: LabEvent) => void,
) {
  const workspace = openRegistry(root);
  const events: LabEvent[] = [];
  const result = await runLab(workspace, workspace.lab("shop"), {
    ...options,
    onEvent: (event) => (events.push(event), onEvent?.(event)),
  });
  return { result, events };
}

async function fromLedger<T>(read: (ledger: Awaited<ReturnType<typeof openLedger>>) => Promise<T>): Promise<T> {
  const ledger = await openLedger(join(root, ".labs/ledger.db"), { mode: "read" });
  try {
    return await read(ledger);
  } finally {
    await ledger.close();
  }
}

describe("runLab", () => {
  it("goes through its steps in order, tells every one, and keeps it in the ledger", async () => {
    const { result, events } = await run({ command: "a test" });
    expect(result).toMatchObject({
      status: "ok",
      rowsLoaded: 2,
      models: { ok: 2, failed: 0, skipped: 0 },
      tests: { passed: 1 },
      quality: { score: 100 },
      message: "2 models built, 1 test passed.",
    });
    const told = events.flatMap((event) =>
      event.type === "step-start" || event.type === "step-finish" ? [`${event.step} ${event.type}`] : [],
    );
    expect(told).toEqual(
      ["check", "load", "transform", "inspect", "publish"].flatMap((step) => [
        `${step} step-start`,
        `${step} step-finish`,
      ]),
    );
    expect(events[0]?.type).toBe("run-start");
    expect(events.at(-1)).toMatchObject({ type: "run-finish", result: { runId: result.runId } });
    // Events cross process borders.
    expect(JSON.parse(JSON.stringify(events))).toEqual(events);
    const [kept] = await fromLedger((ledger) => ledger.runs({ lab: "shop" }));
    expect(kept).toMatchObject({
      id: result.runId,
      status: "ok",
      command: "a test",
      summary: { rowsLoaded: 2, score: 100 },
    });
  });

  it("stops at the next boundary when it is aborted, and keeps what was finished", async () => {
    const abort = new AbortController();
    const { result } = await run({ signal: abort.signal, threads: 1 }, (event) => {
      if (event.type === "node-finish" && event.node.name === "bronze") abort.abort();
    });
    expect(result.status).toBe("cancelled");
    expect(result.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
      "check ok",
      "load ok",
      "transform cancelled",
    ]);
    const database = await openDatabase(join(root, "shop/data/shop.duckdb"), { readOnly: true });
    const tables = await (await database.connect()).objects(
      "select table_name as name from information_schema.tables where table_schema = 'main'",
    );
    await database.close();
    expect(tables).toEqual([{ name: "bronze" }]);
    expect((await fromLedger((ledger) => ledger.runs({ lab: "shop" })))[0]?.status).toBe("cancelled");
    expect((await run()).result.status).toBe("ok");
  });

  it("is recorded as cancelled wherever it is aborted, also for a reason that is no error", async () => {
    const type = (event: LabEvent) => (event.type === "ingest" ? event.event.type : event.type);
    const moments = new Set((await run()).events.map(type));
    moments.delete("run-finish");
    // The last of them may come when all is done.
    const [allowed, seen] = [["cancelled", "ok"], [] as string[]];
    for (const moment of moments) {
      const abort = new AbortController();
      const { result } = await run({ signal: abort.signal, fullRefresh: true }, (event) => {
        // Not before the step that begins has begun.
        if (type(event) === moment) queueMicrotask(() => abort.abort("cancelled"));
      });
      const [kept] = await fromLedger((ledger) => ledger.runs({ lab: "shop" }));
      expect([moment, kept?.id, kept?.status]).toEqual([moment, result.runId, result.status]);
      expect(allowed).toContain(result.status);
      seen.push(result.status);
    }
    expect(seen.filter((status) => status === "cancelled").length).toBeGreaterThan(5);
  });

  it("writes the declared exports with each version, and tells a failed one without taking the version back", async () => {
    write("shop/lab.yml", "publish: { exports: [parquet, { format: csv, to: out }] }\n");
    const first = (await run()).result;
    expect(first).toMatchObject({ status: "ok", published: { made: true } });
    const files = ["data/exports/parquet/current/main/gold.parquet", "out/current/main/gold.csv"];
    for (const file of files) expect(existsSync(join(root, "shop", file)), file).toBe(true);
    expect(readFileSync(join(root, "shop", files[1] ?? ""), "utf8")).toBe("n\n5\n");
    // Among the raw files the next run would load it.
    write("shop/lab.yml", "publish: { exports: [{ format: csv, to: data/raw/out }] }\n");
    write("shop/dbt/models/gold.sql", "select sum(n) + 1 as n from {{ ref('bronze') }}");
    const second = (await run()).result;
    expect(second).toMatchObject({ status: "failed", published: { made: true }, error: { code: "PUB-006" } });
    expect(second.published?.version).not.toBe(first.published?.version);
  });

  it("builds again what new data reaches, and keeps the rest", async () => {
    write("shop/dbt/models/apart.sql", "select 1 as one");
    const kept = async () =>
      (await run()).result.nodes.flatMap(({ name, unchanged }) => (unchanged ? [name] : [])).sort();
    expect(await kept()).toEqual([]);
    expect(await kept()).toEqual(["apart", "bronze", "gold", "not_null_gold_n"]);
    write("shop/data/raw/sold_2.csv", "id,n\n3,4\n");
    write("shop/lab.yml", "sources: [{ name: sold, path: sold*.csv }]\n");
    expect(await kept()).toEqual(["apart"]);
    // Loading by itself is noted, too.
    write("shop/data/raw/sold_3.csv", "id,n\n4,5\n");
    const workspace = openRegistry(root);
    await ingestLab(workspace, workspace.lab("shop"));
    expect(await kept()).toEqual(["apart"]);
    const { result } = await run();
    expect(result).toMatchObject({
      models: { ok: 3, unchanged: 3 },
      tests: { passed: 1, unchanged: 1 },
      message: "3 models unchanged, 1 test passed.",
      quality: { score: 100 },
    });
    expect((await run({ changed: false })).result.models).toMatchObject({ ok: 3, unchanged: 0 });
  });

  it("gives readers what passes the gate, and nothing else", async () => {
    const sold = async () => {
      const workspace = openRegistry(root);
      const database = await openPublished(workspace.lab("shop").paths.database);
      const { rows } = await (await database.connect()).query("select n::int from gold");
      await database.close();
      return rows[0]?.[0];
    };
    const first = (await run()).result.published;
    expect(first).toEqual({ version: expect.stringMatching(/^\d{8}T\d{6}Z-/), made: true });
    expect(await sold()).toBe(5);
    expect((await run()).result.published).toEqual({ version: first?.version, made: false });
    // A failed test, a part of the project, a score under the minimum: readers keep what they have.
    write("shop/data/raw/sold.csv", "id,n\n1,20\n2,30\n");
    write("shop/dbt/tests/never.sql", "select 1");
    expect((await run()).result).toMatchObject({
      status: "failed",
      published: { version: first?.version, made: false },
    });
    rmSync(join(root, "shop/dbt/tests/never.sql"));
    expect((await run({ select: ["gold"] })).result).toMatchObject({ status: "ok", published: { made: false } });
    write("shop/data/raw/sold.csv", "id,n\n1,20\n2,\n");
    write("shop/lab.yml", "quality: { minimum_score: 100 }\n");
    expect((await run()).result).toMatchObject({
      status: "failed",
      message: expect.stringMatching(/^Not published: the score \S+ is under the minimum of 100: readers keep/),
    });
    expect(await sold()).toBe(5);
    write("shop/data/raw/sold.csv", "id,n\n1,20\n2,40\n");
    expect((await run()).result).toMatchObject({ status: "ok", published: { made: true } });
    expect(await sold()).toBe(60);
  });

  it("does not score a part, nor remember it as the lab's score", async () => {
    await run();
    const { result } = await run({ select: ["bronze"] });
    expect(result).toMatchObject({
      status: "ok",
      quality: { score: null, warnings: ["No score for the lab: only a part of the project was built."] },
    });
    const scores = await fromLedger((ledger) => ledger.scoresHistory({ lab: "shop", scope: "lab" }));
    expect(scores.map((score) => score.run)).not.toContain(result.runId);
    expect(scores).toHaveLength(1);
  });

  it("loads nothing when the project is refused", async () => {
    write("shop/dbt/profiles.yml", "shop:\n  target: dev\n  outputs: {}\n");
    const { result } = await run();
    expect(result).toMatchObject({
      status: "failed",
      rowsLoaded: 0,
      error: { code: "READ-003" },
      steps: [{ name: "check", status: "failed" }],
    });
  });

  it("builds what it can when a file cannot be loaded", async () => {
    write("shop/data/raw/empty.csv", "");
    const { result } = await run();
    expect(result).toMatchObject({
      status: "failed",
      rowsLoaded: 2,
      models: { ok: 2 },
      message: "1 file could not be loaded.",
    });
    expect(result.files.find(({ file }) => file === "empty.csv")).toMatchObject({
      outcome: "failed",
      error: { code: "ING-001" },
    });
  });
});

describe("planLab", () => {
  it("says what a run would do and why", async () => {
    const workspace = openRegistry(root);
    const plan = await planLab(workspace, workspace.lab("shop"));
    expect(plan.files).toEqual([expect.objectContaining({ name: "sold.csv", action: "load", reason: "new" })]);
    expect(plan.nodes.map(({ name, why }) => [name, why])).toEqual([
      ["bronze", "reads raw.sold, which gets new rows"],
      ["gold", "reads raw.sold, which gets new rows"],
      ["not_null_gold_n", "reads raw.sold, which gets new rows"],
    ]);
    await run();
    const after = await planLab(workspace, workspace.lab("shop"), { select: ["gold"] });
    expect(after).toMatchObject({ files: [], unchanged: 1 });
    expect(after.nodes.map(({ name, why }) => [name, why])).toEqual([
      ["gold", "selected by gold"],
      ["not_null_gold_n", "selected by gold"],
    ]);
  });
});
