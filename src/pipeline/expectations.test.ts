import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "#duck/index.ts";
import { openLedger } from "#ledger/index.ts";
import { openRegistry } from "#registry/index.ts";
import { planLab } from "./plan-lab.ts";
import { runLab } from "./run-lab.ts";
import { testLab } from "./test-lab.ts";
import type { LabEvent } from "./types.ts";

let root: string;
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "labs-expect-")));
  write("shared/config/labs_config.yaml", "labs:\n  shop: {}\n");
  write("shop/dbt/dbt_project.yml", 'name: shop\nversion: "1.0"\nprofile: shop\nmodels:\n  +materialized: table\n');
  write("shop/dbt/models/sources.yml", "sources: [{ name: raw, tables: [{ name: sold }] }]\n");
  write("shop/dbt/models/kpis.sql", "select id, n from {{ source('raw', 'sold') }}");
  write("shop/data/raw/sold.csv", "id,n\n1,2\n2,-3\n3,-4\n");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const expecting = (...items: string[]) =>
  write(
    "shop/lab.yml",
    `quality:\n  tables:\n    main.kpis:\n      expectations:\n${items.map((item) => `        - ${item}\n`).join("")}`,
  );
async function run(options: Parameters<typeof runLab>[2] = {}) {
  const workspace = openRegistry(root);
  const events: LabEvent[] = [];
  const result = await runLab(workspace, workspace.lab("shop"), { ...options, onEvent: (event) => events.push(event) });
  return { result, events };
}
async function kept(): Promise<unknown[]> {
  const database = await openDatabase(join(root, "shop/data/shop.duckdb"), { readOnly: true });
  try {
    const rows = await (await database.connect()).objects(
      "SELECT \"row\"->>'id' AS id FROM _quality.failing_rows ORDER BY 1",
    );
    return rows.map(({ id }) => id);
  } finally {
    await database.close();
  }
}

describe("expectations in a run", () => {
  it("are told as tests are, recorded, scored, and hold readers back with why and what to do", async () => {
    expecting("{ check: range, column: n, min: 0 }", "{ check: unique, column: id }");
    const { result, events } = await run();
    expect(result).toMatchObject({
      status: "failed",
      tests: { passed: 1, failed: 1 },
      published: null,
      message: "expectation main.kpis: n is at least 0 failed.",
      held: [
        {
          why: "main.kpis: n is at least 0: 2 rows are not so",
          fix: expect.stringMatching(/failing_rows where expectation = 'main\.kpis\.range_n'/),
        },
      ],
    });
    expect(await kept()).toEqual(["2", "3"]);
    const told = events.flatMap((event) => (event.type === "node-finish" ? [event.node] : []));
    expect(told.filter(({ resourceType }) => resourceType === "expectation")).toMatchObject([
      {
        name: "main.kpis: n is at least 0",
        status: "fail",
        failures: 2,
        relation: "main.kpis",
        expectation: { severity: "error", blocking: true, kept: 2 },
      },
      { name: "main.kpis: id is unique", status: "pass" },
    ]);
    expect(JSON.parse(JSON.stringify(events))).toEqual(events);
    const ledger = await openLedger(join(root, ".labs/ledger.db"), { mode: "read" });
    const detail = await ledger.run("last");
    const recorded = await ledger.events(detail.id);
    await ledger.close();
    expect(detail.models.filter(({ resourceType }) => resourceType === "expectation")).toHaveLength(2);
    expect(recorded.map(({ text }) => text)).toContain(
      "expectation main.kpis: n is at least 0: fail: 2 rows are not so",
    );
    const validity = result.quality?.parts.find(({ dimension }) => dimension === "validity");
    expect(validity?.causes[0]?.text).toContain("n is at least 0 failed with 2 failing");
    // Mended: nothing is held, nothing is kept.
    write("shop/data/raw/sold.csv", "id,n\n1,2\n2,3\n3,4\n");
    const mended = (await run()).result;
    expect(mended).toMatchObject({ status: "ok", tests: { passed: 2 }, held: [], published: { made: true } });
    expect(await kept()).toEqual([]);
  });

  it("publish or hold as they are marked, whatever their severity", async () => {
    expecting("{ check: range, column: n, min: 0, blocking: false }");
    expect((await run()).result).toMatchObject({ status: "failed", held: [], published: { made: true } });
    write("shop/data/raw/sold.csv", "id,n\n1,2\n2,-3\n3,-5\n");
    expecting("{ check: range, column: n, min: 0, severity: warn, blocking: true }");
    const { result, events } = await run();
    expect(result).toMatchObject({
      status: "failed",
      tests: { warned: 1, failed: 0 },
      published: { made: false },
      message: expect.stringMatching(/^Not published: main\.kpis: n is at least 0: 2 rows are not so: readers keep/),
    });
    expect(events.flatMap((event) => (event.type === "message" ? [event.text] : []))).toEqual([
      expect.stringMatching(/^not published: main\.kpis: n is at least 0: .*\nfix: Look at its rows: labs query shop/),
    ]);
    expecting("{ check: range, column: n, min: 0, severity: warn }");
    expect((await run()).result).toMatchObject({ status: "ok", tests: { warned: 1 }, published: { made: true } });
  });

  it("are skipped for what was not built, and left alone by a run of something else", async () => {
    expecting("{ check: not_null, column: id }");
    write("shop/dbt/models/other.sql", "select 1 as one");
    await run();
    const other = (await run({ select: ["other"] })).result;
    expect(other.nodes.map(({ resourceType }) => resourceType)).toEqual(["model"]);
    write("shop/dbt/models/kpis.sql", "select nope from {{ source('raw', 'sold') }}");
    const { result } = await run();
    expect(result.nodes.find(({ resourceType }) => resourceType === "expectation")?.status).toBe("skipped");
    expect(result.held[0]).toMatchObject({
      why: "1 model failed",
      fix: expect.stringContaining("Correct model kpis first"),
    });
  });

  it("are checked by labs test, too", async () => {
    await run();
    expecting("{ check: range, column: n, min: 0 }", "{ check: unique, column: idd }");
    const workspace = openRegistry(root);
    const { success, nodes } = await testLab(workspace, workspace.lab("shop"));
    expect(success).toBe(false);
    expect(nodes).toMatchObject([
      { status: "fail" },
      { status: "error", error: { code: "EXP-002", hint: "Did you mean `id`?", place: { line: 6, column: 11 } } },
    ]);
  });
});

it("stand in the plan of a run, of the tables that it builds", async () => {
  expecting("{ check: unique, column: id, severity: warn }");
  write("shop/dbt/models/other.sql", "select 1 as one");
  const workspace = openRegistry(root);
  const plan = (select: string[]) => planLab(workspace, workspace.lab("shop"), { select });
  const planned = [{ table: "main.kpis", expected: "id is unique", severity: "warn", blocking: false }];
  expect((await plan([])).expectations).toEqual(planned);
  expect((await plan(["kpis"])).expectations).toEqual(planned);
  expect((await plan(["other"])).expectations).toEqual([]);
});

describe("freshness in a run", () => {
  const source = (freshness: string, more = "") =>
    write(
      "shop/dbt/models/sources.yml",
      `sources: [{ name: raw, tables: [{ name: sold, loaded_at_field: "n::timestamp", config: { freshness: ${freshness} } }${more}] }]\n`,
    );
  beforeEach(() => {
    write("shop/dbt/models/kpis.sql", "select id, n from {{ source('raw', 'sold') }}");
    write("shop/data/raw/sold.csv", `id,n\n1,${new Date(Date.now() - 36 * 3_600_000).toISOString()}\n`);
  });

  it("of dbt's sources counts in the score; one that cannot be told hides no other, hooks run once", async () => {
    const broken =
      ", { name: gone, loaded_at_field: x, config: { freshness: { warn_after: { count: 1, period: day } } } }";
    source("{ warn_after: { count: 1, period: day }, error_after: { count: 3, period: day } }", broken);
    write(
      "shop/dbt/dbt_project.yml",
      `name: shop\nversion: "1.0"\nprofile: shop\nmodels:\n  +materialized: table\non-run-start: "create table if not exists hooked as select 1 as x where false"\non-run-end: "insert into hooked values (1)"\n`,
    );
    const { result, events } = await run();
    expect(result.status).toBe("ok");
    expect(result.quality?.findings).toMatchObject([
      { kind: "stale", table: "raw.sold", reaction: "warn", text: expect.stringContaining("asks for 1 day at most") },
      { kind: "stale", table: "raw.gone", text: expect.stringContaining("cannot be told") },
    ]);
    const told = events.flatMap((event) => (event.type === "message" ? [event.text] : []));
    expect(told.filter((text) => /^raw\.(sold|gone): /.test(text))).toHaveLength(2);
    const fresh = result.quality?.parts.find(({ dimension }) => dimension === "freshness");
    expect(fresh?.causes[0]?.text).toContain("source raw.sold was last loaded");
    const database = await openDatabase(join(root, "shop/data/shop.duckdb"), { readOnly: true });
    expect(await (await database.connect()).objects("select count(*)::int as n from hooked")).toEqual([{ n: 1 }]);
    await database.close();
  });

  it("holds readers back on request only", async () => {
    source("{ error_after: { count: 1, period: day } }");
    expect((await run()).result).toMatchObject({ status: "ok", published: { made: true } });
    write("shop/lab.yml", "quality: { freshness: { stale: blocking } }\n");
    expect((await run({ changed: false })).result).toMatchObject({
      status: "failed",
      held: [
        { why: expect.stringContaining("raw.sold: source raw.sold"), fix: expect.stringContaining("stale: warn") },
      ],
    });
    write("shop/lab.yml", "quality: { freshness: { stale: blocking }, tables: { raw.sold: { stale: 'off' } } }\n");
    const { result } = await run();
    expect(result).toMatchObject({ status: "ok", quality: { findings: [] } });
    expect(result.quality?.parts.map(({ dimension }) => dimension)).not.toContain("freshness");
  });

  it("of deliveries is that of the interval at which they are due", async () => {
    write(
      "shop/lab.yml",
      "sources:\n  - { name: sold, path: sold.csv }\n  - { name: never, path: never.csv }\nquality: { freshness: { every: 1 hour } }\n",
    );
    const { result } = await run();
    expect(result.quality?.findings).toMatchObject([{ table: "raw.never", kind: "stale" }]);
    const database = await openDatabase(join(root, "shop/data/shop.duckdb"));
    await (await database.connect()).run("UPDATE _labs.loads SET loaded_at = loaded_at - INTERVAL 89 MINUTE");
    await database.close();
    expect((await run()).result.quality?.findings.map(({ table }) => table)).toEqual(["raw.never"]);
    const later = await openDatabase(join(root, "shop/data/shop.duckdb"));
    await (await later.connect()).run("UPDATE _labs.loads SET loaded_at = loaded_at - INTERVAL 2 MINUTE");
    await later.close();
    const late = (await run()).result;
    expect(late.quality?.findings.map(({ table }) => table).sort()).toEqual(["raw.never", "raw.sold"]);
    expect(late.quality?.findings.find(({ table }) => table === "raw.sold")?.text).toContain("due every hour");
  });
});

describe("a table unlike its own history", () => {
  const rows = (n: number) =>
    write("shop/data/raw/sold.csv", `id,n\n${Array.from({ length: n }, (_, i) => `${i},1\n`).join("")}`);

  it("is held back until it is as before, or told once; never during the first runs", async () => {
    rows(100);
    for (let i = 0; i < 7; i++) expect((await run()).result).toMatchObject({ status: "ok", quality: { findings: [] } });
    write("shop/lab.yml", "quality: { anomalies: blocking, tables: { raw.sold: { anomalies: 'off' } } }\n");
    rows(40);
    for (let i = 7; i < 10; i++) {
      const why = `main.kpis: it has 40 rows, the usual of the last ${i} runs are 90 to 110`;
      expect((await run()).result).toMatchObject({ status: "failed", held: [{ why }] });
    }
    rows(100);
    expect((await run()).result).toMatchObject({ status: "ok", held: [] });
    write("shop/lab.yml", "");
    rows(40);
    const told = (await run()).result;
    expect(told).toMatchObject({ status: "ok", published: { made: true } });
    expect(told.quality?.findings).toMatchObject([
      { kind: "volume", table: "main.kpis", reaction: "warn" },
      { kind: "volume", table: "raw.sold" },
    ]);
    expect((await run()).result.quality?.findings).toEqual([]);
  });
});
