import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runLab } from "#pipeline/index.ts";
import { openRegistry } from "#registry/index.ts";
import { createClient } from "#client/index.ts";
import { type RunningServer, startServer } from "./start.ts";
import { workspaceWithRun } from "./testing/workspace.ts";
import type * as types from "./types.ts";

let root: string;
let server: RunningServer;

beforeAll(async () => {
  ({ root } = await workspaceWithRun());
  const properties = join(root, "shop/dbt/models/kpi.yml");
  writeFileSync(
    properties,
    readFileSync(properties, "utf8").replace(
      "[not_null]",
      "[not_null, { accepted_values: { arguments: { values: [1, 2, 3, 4, 5, 6] }, config: { severity: warn } } }]",
    ),
  );
  writeFileSync(
    join(root, "shop/dbt/models/kpi.sql"),
    "{{ config(schema='gold') }} select id, what, n, n * case when id = 7 then 9.0 else 1.5 end as price from {{ ref('bronze') }} order by id",
  );
  writeFileSync(
    join(root, "shop/lab.yml"),
    `${readFileSync(join(root, "shop/lab.yml"), "utf8")}quality:\n  minimum_score: 0\n  tables:\n    gold.kpi: { key: id, expectations: [{ check: range, column: n, min: 0, max: 5, severity: warn }] }\n`,
  );
  mkdirSync(join(root, "shared/config"), { recursive: true });
  writeFileSync(join(root, "shared/config/quality.yml"), "minimum_score: 10\nanomalies: warn\n");
  const workspace = openRegistry(root);
  const { status, message } = await runLab(workspace, workspace.lab("shop"), { command: "labs run shop" });
  expect([status, message]).toEqual(["ok", message]);
  // A comparison of two versions wants the second to have the columns of the first, too.
  writeFileSync(
    join(root, "shop/dbt/models/kpi.sql"),
    "{{ config(schema='gold') }} select id, what, n, n * case when id = 10 then 9.0 else 1.5 end as price from {{ ref('bronze') }} where id <> 3 order by id",
  );
  const again = await runLab(workspace, workspace.lab("shop"), { command: "labs run shop" });
  expect([again.status, again.message]).toEqual(["ok", again.message]);
  server = await startServer({
    workspace: root,
    port: 0,
    pages: join(root, "no-pages"),
    version: "1.2.3",
    checkAnswers: true,
  });
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

const ask = (path: string, init?: RequestInit) => fetch(`${server.url}/api/v1${path}`, init);
async function get<T>(path: string): Promise<T> {
  const response = await ask(path);
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as T;
}
const send = (method: string, path: string, body?: unknown) =>
  ask(path, {
    method,
    ...(body !== undefined && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
const kpi = "/labs/shop/tables/gold.kpi";

describe("the rows behind a finding", () => {
  it("are those that a test does not accept, with its history", async () => {
    const { tests } = await get<types.TableDetail>(kpi);
    const warned = tests.find(({ id }) => id.startsWith("test.shop.accepted_values"));
    expect(warned).toMatchObject({ status: "warn", failures: 1 });
    expect(warned?.history.map(({ status }) => status)).toEqual(["warn", "warn"]);
    const kept = tests.find(({ name }) => name.includes("not_null"));
    expect(kept?.history.map(({ status }) => status)).toEqual(["pass", "pass", "pass"]);
    const rows = await get<types.Evidence>(`/labs/shop/tests/${encodeURIComponent(warned?.id ?? "")}/rows`);
    expect(rows.sql).toContain("kpi");
    expect(rows.rows).toHaveLength(1);
    expect(rows.rows[0]?.map(String)).toContain("0");
    expect((await ask("/labs/shop/tests/test.shop.none/rows")).status).toBe(404);
  });

  it("are the kept ones of an expectation, field by field", async () => {
    const { tests } = await get<types.TableDetail>(kpi);
    const expectation = tests.find(({ id }) => id.startsWith("expectation.shop."));
    expect(expectation).toMatchObject({ status: "warn" });
    const rows = await get<types.Evidence>(
      `/labs/shop/tests/${encodeURIComponent(expectation?.id ?? "")}/rows?limit=2`,
    );
    const n = rows.columns.findIndex(({ name }) => name === "n");
    expect(rows.rows.map((row) => row[n])).toEqual(["6", "6"]);
    expect(rows).toMatchObject({ more: true, total: expectation?.failures });
  });

  it("are those of a lost point", async () => {
    const { score } = await get<types.TableDetail>(kpi);
    const causes = score?.parts.flatMap((part) => part.causes) ?? [];
    const at = causes.findIndex(({ query }) => query !== null);
    expect(at).toBeGreaterThanOrEqual(0);
    expect((await get<types.Evidence>(`${kpi}/lost/${at}`)).sql).toBe(causes[at]?.query);
    expect((await ask(`${kpi}/lost/99`)).status).toBe(404);
    expect((await ask(`${kpi}/lost/x`)).status).toBe(400);
  });
});

describe("what a table's page asks", () => {
  it("has the columns as the inspector found them", async () => {
    const { columns } = await get<types.TableDetail>(kpi);
    const n = columns.find(({ name }) => name === "n");
    expect(n?.histogram.reduce((sum, { rows }) => sum + rows, 0)).toBe(49);
    expect(n?.top[0]).toMatchObject({ rows: expect.any(Number) });
  });

  it("follows a column both ways", async () => {
    const made = await get<types.ColumnLineageJson>("/labs/shop/lineage/model.shop.kpi?column=price");
    expect(made.edges).toContainEqual({
      from: { node: "model.shop.bronze", column: "n" },
      to: { node: "model.shop.kpi", column: "price" },
      kind: "derived",
    });
    expect(made.edges.some(({ from }) => from.node === "source.shop.raw.sold")).toBe(true);
    const used = await get<types.ColumnLineageJson>("/labs/shop/lineage/source.shop.raw.sold?column=n");
    expect(used.edges.some(({ to }) => to.node === "model.shop.kpi" && to.column === "price")).toBe(true);
    expect((await ask("/labs/shop/lineage/model.shop.none")).status).toBe(404);
    expect((await ask("/labs/shop/lineage/model.shop.kpi?column=none")).status).toBeLessThan(500);
  });

  it("tells which rows differ between two versions, by key", async () => {
    const changes = await get<types.TableChangesJson>(`${kpi}/changes`);
    expect(changes.table).toMatchObject({ state: "changed", key: ["id"], added: 0, removed: 1 });
    const id = changes.columns.findIndex(({ name }) => name === "id");
    expect(changes.sample.map(({ side, row }) => [side, row[id]])).toEqual(
      expect.arrayContaining([
        ["before", 3],
        ["before", 7],
        ["after", 10],
      ]),
    );
    expect((await ask("/labs/shop/tables/gold.none/changes")).status).toBe(404);
    expect((await ask(`${kpi}/changes?before=nothing`)).status).toBe(404);
  });

  it("sorts, compares and pages rows as the whole table would be", async () => {
    const all = await get<types.Grid>(`${kpi}/rows?limit=1000`);
    const id = all.columns.findIndex(({ name }) => name === "id");
    const ids = (grid: types.Grid) => grid.rows.map((row) => Number(row[id]));
    expect(ids(all)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1).filter((n) => n !== 3));
    expect(ids(await get<types.Grid>(`${kpi}/rows?limit=5&offset=47`))).toEqual([49, 50]);
    const sorted = await get<types.Grid>(`${kpi}/rows?limit=4&offset=2&sort=n&descending=true`);
    const expected = all.rows.toSorted(
      (a, b) => Number(b[id + 2]) - Number(a[id + 2]) || Number(a[id]) - Number(b[id]),
    );
    expect(ids(sorted)).toEqual(expected.slice(2, 6).map((row) => Number(row[id])));
    const filter = (text: string) => get<types.Grid>(`${kpi}/rows?filter=${encodeURIComponent(`id~${text}`)}`);
    expect(ids(await filter(">=49"))).toEqual([49, 50]);
    expect(ids(await filter("= 7"))).toEqual([7]);
    expect(ids(await filter("<2"))).toEqual([1]);
    expect((await filter("=")).total).toBe(0);
    expect((await filter(">no number")).total).toBe(0);
    expect(ids(await filter("5"))).toEqual([5, 15, 25, 35, 45, 50]);
  });
});

describe("settings", () => {
  it("have their origin; those of the workspace say when the lab stands above them", async () => {
    const { settings } = await get<types.Settings>("/labs/shop/settings");
    const of = (path: string) => settings.filter((each) => each.path === path);
    expect(of("maintainer")).toEqual([
      {
        path: "maintainer",
        value: "ann",
        place: { file: "shared/config/labs_config.yaml", line: 2, column: 11 },
        overriddenBy: null,
      },
    ]);
    expect(of("sources.sold.path")).toMatchObject([{ value: "sold*.csv", place: { file: "shop/lab.yml", line: 3 } }]);
    expect(of("quality.minimum_score")).toMatchObject([
      { value: "0", place: { file: "shop/lab.yml" }, overriddenBy: null },
      { value: "10", place: { file: "shared/config/quality.yml", line: 1 }, overriddenBy: "quality.minimum_score" },
    ]);
    expect(of("quality.anomalies")).toMatchObject([{ value: "warn", overriddenBy: null }]);
  });

  it("are defaults where nobody has written them, and those of alerts.yml that hold for all labs", async () => {
    const file = join(root, "shared/config/alerts.yml");
    writeFileSync(
      file,
      "thresholds: { late: 1 hour }\nchannels: { ops: { type: file, path: told.ndjson } }\nrules: [{ labs: idle, channels: ops }]\n",
    );
    const of = async (lab: string, path: string) =>
      (await get<types.Settings>(`/labs/${lab}/settings`)).settings.filter((each) => each.path.startsWith(path));
    expect(await of("shop", "alerts.thresholds.late")).toMatchObject([
      { value: "1 hour", place: { file: "shared/config/alerts.yml", line: 1 }, overriddenBy: null },
    ]);
    // Who is told what names people and other labs.
    expect([...(await of("shop", "alerts.rules")), ...(await of("shop", "alerts.channels"))]).toEqual([]);
    const byDefault = (path: string, value: string) => [{ path, value, place: null, overriddenBy: null }];
    expect(await of("shop", "publish.keep")).toEqual(byDefault("publish.keep", "5"));
    expect(await of("shop", "schedule.retries")).toEqual(byDefault("schedule.retries", "2"));
    expect(await of("shop", "alerts.thresholds.disk.free")).toEqual(byDefault("alerts.thresholds.disk.free", "5%"));
    // No schedule, no defaults of one.
    expect(await of("idle", "schedule")).toEqual([]);
    rmSync(file);
  });

  it("never tell a secret, and tell the variable that holds one", async () => {
    const file = join(root, "idle/lab.yml");
    writeFileSync(
      file,
      "sources:\n  - name: a\n    api: { url: 'https://x.example', auth: { type: bearer, token: hunter2 } }\n  - name: b\n    api: { url: 'https://x.example', auth: { type: bearer, token: '${MY_TOKEN}' } }\n",
    );
    const response = await ask("/labs/idle/settings");
    const body = await response.text();
    expect(body).not.toContain("hunter2");
    expect(body).toContain("${MY_TOKEN}");
    rmSync(file);
  });
});

describe("queries", () => {
  it("know what they may name", async () => {
    const catalogue = await get<types.Catalogue>("/labs/shop/catalogue");
    expect(catalogue.tables).toEqual([
      { schema: "gold", name: "kpi", columns: expect.arrayContaining([{ name: "n", type: "BIGINT" }]) },
    ]);
    expect(catalogue.functions).toEqual(expect.arrayContaining(["date_trunc", "count", "median"]));
    expect(catalogue.keywords).toEqual(expect.arrayContaining(["select", "qualify"]));
  });

  it("are kept in the workspace, renamed and removed", async () => {
    const file = (name: string) => join(root, "shared/queries", `${name}.sql`);
    const sql = "select n\nfrom gold.kpi";
    expect((await send("POST", "/queries", { name: "Best sellers", lab: "shop", sql })).status).toBe(200);
    expect(readFileSync(file("Best sellers"), "utf8")).toBe(`-- lab: shop\n${sql}\n`);
    expect((await get<types.SavedQueries>("/queries")).queries).toMatchObject([
      { name: "Best sellers", lab: "shop", sql },
    ]);
    expect((await send("POST", "/queries", { name: "Best sellers", lab: "shop", sql })).status).toBe(400);
    const renamed = await send("POST", "/queries", { name: "Sellers", was: "Best sellers", lab: "shop", sql });
    expect(renamed.status).toBe(200);
    expect([existsSync(file("Best sellers")), existsSync(file("Sellers"))]).toEqual([false, true]);
    // What somebody wrote with an editor is there, too.
    writeFileSync(file("by hand"), "select 1");
    expect((await get<types.SavedQueries>("/queries")).queries).toMatchObject([
      { name: "by hand", lab: null, sql: "select 1" },
      { name: "Sellers" },
    ]);
    expect((await send("DELETE", "/queries/Sellers")).status).toBe(200);
    expect((await send("DELETE", "/queries/Sellers")).status).toBe(404);
    expect(existsSync(file("Sellers"))).toBe(false);
  });

  it.each(["../escape", "a/b", "a\\b", ".hidden", "", "x".repeat(81), "nul\0", "end."])(
    "have no name like %j",
    async (name) => {
      expect((await send("POST", "/queries", { name, lab: "shop", sql: "select 1" })).status).toBe(400);
    },
  );
});

it("reads a lab's database for many pages at once", async () => {
  const asked = ["quarantine", "files", "quarantine/csv", "lineage/model.shop.kpi"].flatMap((what) =>
    Array.from({ length: 5 }, async () => (await ask(`/labs/shop/${what}`)).status),
  );
  expect(new Set(await Promise.all(asked))).toEqual(new Set([200]));
});

it("gives the quarantine as the file that can be corrected and loaded again", async () => {
  const response = await ask("/labs/shop/quarantine/csv");
  expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
  expect(response.headers.get("content-disposition")).toBe('attachment; filename="shop-quarantine.csv"');
  const csv = await response.text();
  expect(csv).toMatch(/^table,file,record,load,column,reason,"row"\n/);
  expect(csv).toContain('"51,many,thing"');
  // A lab without a database has a file without rows, and the client gives the text.
  expect(await (await ask("/labs/idle/quarantine/csv")).text()).toBe("table,file,record,load,column,reason,row\n");
  expect(await createClient({ url: server.url }).exportQuarantine({ lab: "shop" })).toBe(csv);
});
