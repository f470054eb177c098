import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLedger } from "#ledger/index.ts";
import { openPublished, publishedVersions } from "#publish/index.ts";
import { examine, openRegistry } from "#registry/index.ts";
import { runLab } from "./run-lab.ts";
import { testLab } from "./test-lab.ts";

let root: string;
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const project = (lab: string, gold: string) => {
  write(
    `${lab}/dbt/dbt_project.yml`,
    `name: ${lab}\nversion: "1.0"\nprofile: ${lab}\nmodels:\n  +materialized: table\n`,
  );
  write(`${lab}/dbt/models/gold.sql`, gold);
};
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "labs-reads-")));
  write("shared/config/labs_config.yaml", "labs:\n  sales: {}\n  plan: {}\n");
  project("sales", "{{ config(schema='gold') }} select sum(n)::int as n from {{ source('raw', 'sold') }}");
  write("sales/dbt/models/sources.yml", "sources: [{ name: raw, tables: [{ name: sold }] }]\n");
  sold(2, 3);
  write("plan/lab.yml", "reads: [sales]\n");
  project("plan", "select n * 10 as n from {{ source('sales', 'gold') }}");
  write("plan/dbt/models/plain.sql", "select n + 1 as n from sales.main_gold.gold");
  write("plan/dbt/models/apart.sql", "select 1 as one");
  write("plan/dbt/models/behind.sql", "select n from {{ ref('gold') }}");
  write(
    "plan/dbt/models/sources.yml",
    "sources: [{ name: sales, database: sales, schema: main_gold, tables: [{ name: gold, columns: [{ name: n, data_tests: [not_null] }] }] }]\n",
  );
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const sold = (...numbers: number[]) => write("sales/data/raw/sold.csv", `n\n${numbers.join("\n")}\n`);

async function run(lab: string) {
  const workspace = openRegistry(root);
  const result = await runLab(workspace, workspace.lab(lab));
  const kept = result.nodes.flatMap(({ name, unchanged }) => (unchanged ? [name] : [])).sort();
  return { ...result, kept };
}
const failure = async (lab: string) => (await run(lab)).error;

async function published(table: string): Promise<unknown> {
  const database = await openPublished(join(root, "plan/data/plan.duckdb"));
  const { rows } = await (await database.connect()).query(`select n::int from ${table}`);
  await database.close();
  return rows[0]?.[0];
}

describe("a lab that reads another one", () => {
  it("gets what that one has published, the same version for the whole run, and keeps which it was", async () => {
    expect(await failure("plan")).toMatchObject({
      code: "PIPE-010",
      place: { file: join(root, "plan/lab.yml"), line: 1, column: 9 },
      hint: expect.stringContaining("labs run sales"),
    });
    await run("sales");
    const first = await run("plan");
    expect(first).toMatchObject({ status: "ok", models: { ok: 4, unchanged: 0 } });
    expect([await published("gold"), await published("plain")]).toEqual([50, 6]);
    const ledger = await openLedger(join(root, ".labs/ledger.db"), { mode: "read" });
    const detail = await ledger.run(first.runId ?? "");
    await ledger.close();
    const [version] = publishedVersions(join(root, "sales/data/sales.duckdb"));
    expect(detail.summary?.["reads"]).toEqual({ sales: version?.version });
    const workspace = openRegistry(root);
    expect((await testLab(workspace, workspace.lab("plan"))).success).toBe(true);
  });

  it("is built again for a new version, and only what reads it", async () => {
    await run("sales");
    await run("plan");
    expect((await run("plan")).kept).toEqual(["apart", "behind", "gold", "plain", "source_not_null_sales_gold_n"]);
    sold(20, 30);
    await run("sales");
    expect((await run("plan")).kept).toEqual(["apart"]);
    expect([await published("gold"), await published("plain")]).toEqual([500, 51]);
    expect((await run("plan")).kept).toHaveLength(5);
  });

  it("cannot write into it", async () => {
    await run("sales");
    write("plan/dbt/models/intruder.sql", "{{ config(database='sales', schema='gold') }} select 1 as n");
    const { nodes, status } = await run("plan");
    expect(status).toBe("failed");
    expect(nodes.find(({ name }) => name === "intruder")).toMatchObject({ status: "error" });
    rmSync(join(root, "plan/dbt/models/intruder.sql"));
    write("plan/dbt/models/gold.sql", '{{ config(pre_hook="delete from sales.main_gold.gold") }} select 1 as n');
    const { error } = (await run("plan")).nodes.find(({ name }) => name === "gold") ?? {};
    expect(error).toMatchObject({
      message: expect.stringContaining("read-only"),
      hint: expect.stringContaining("can be read only"),
    });
  });

  it("can name it otherwise, and ask for a version or an age", async () => {
    await run("sales");
    write("plan/lab.yml", "reads: [{ lab: sales, as: shop, fresh_within: 1 hour, min_version: '2020' }]\n");
    project("plan", "select n from shop.main_gold.gold");
    for (const name of ["plain", "behind"]) rmSync(join(root, `plan/dbt/models/${name}.sql`));
    rmSync(join(root, "plan/dbt/models/sources.yml"));
    expect((await run("plan")).status).toBe("ok");
    write("plan/lab.yml", "reads: [{ lab: sales, as: shop, min_version: '2999' }]\n");
    expect(await failure("plan")).toMatchObject({ code: "PIPE-011", message: expect.stringContaining("2999") });
  });

  it.each([
    ["reads: [sale]\n", "REG-022", /reads sale, which does not exist/, "`sales`"],
    ["reads: [plan]\n", "REG-022", /reads itself/, "Take it out"],
    ["reads: [{lab: sales, as: plan}]\n", "REG-022", /own database/, "as:"],
    ["schedule: {after: sale}\n", "REG-022", /runs after sale/, "`sales`"],
    ["reads: [{lab: sales, as: gold}]\n", "REG-005", /name of a schema/, "as:"],
    ["reads: [sales, {lab: plan, as: Sales}]\n", "REG-005", /read as `Sales`/, "as:"],
    ["reads: [{lab: sales, fresh: 1 h}]\n", "REG-004", /`fresh` is not a key/, "fresh_within"],
  ])("refuses %j", async (text, code, message, hint) => {
    await run("sales");
    write("plan/lab.yml", text);
    expect(await failure("plan")).toMatchObject({
      code,
      message: expect.stringMatching(message),
      hint: expect.stringContaining(hint),
      place: { file: join(root, "plan/lab.yml") },
    });
    const workspace = openRegistry(root);
    expect(examine(workspace, workspace.lab("plan")).filter(({ level }) => level === "error")).toMatchObject([
      { message: expect.stringMatching(message) },
    ]);
  });

  it("in a circle is refused, with the circle spelled out", async () => {
    write("shared/config/labs_config.yaml", "labs:\n  sales: {}\n  plan: {}\n  third: {}\n");
    write("sales/lab.yml", "schedule: {after: third}\n");
    write("third/lab.yml", "reads: [plan]\n");
    expect(await failure("sales")).toMatchObject({
      code: "REG-023",
      message: "Labs wait for each other: sales runs after third, third reads plan, plan reads sales.",
      place: { file: join(root, "sales/lab.yml") },
      data: { labs: ["sales", "third", "plan"] },
    });
  });
});
