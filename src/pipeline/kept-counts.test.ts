import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "#duck/index.ts";
import { openLedger } from "#ledger/index.ts";
import { openRegistry } from "#registry/index.ts";
import { runLab } from "./run-lab.ts";

let root: string;
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "labs-counts-")));
  write("shared/config/labs_config.yaml", "labs:\n  shop: {}\n");
  write("shop/dbt/dbt_project.yml", 'name: shop\nversion: "1.0"\nprofile: shop\nmodels:\n  +materialized: table\n');
  write("shop/dbt/models/sources.yml", "sources: [{ name: raw, tables: [{ name: sold }] }]\n");
  write("shop/dbt/models/copy.sql", "select * from {{ source('raw', 'sold') }}");
  write("shop/dbt/models/same.sql", "{{ config(materialized='view') }} select * from {{ ref('copy') }}");
  write("shop/dbt/models/fixed.sql", "select 1 as x");
  write("shop/data/raw/sold.csv", "id,n\n1,2\n2,\n");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Rows that a run saw, by table, as its scores have them. */
async function rows(options: Parameters<typeof runLab>[2] = {}) {
  const workspace = openRegistry(root);
  expect((await runLab(workspace, workspace.lab("shop"), options)).status).toBe("ok");
  const ledger = await openLedger(join(root, ".labs/ledger.db"), { mode: "read" });
  const seen = await ledger.tablesSeen("shop");
  await ledger.close();
  return Object.fromEntries(seen.toReversed().map(({ name, rows: counted }) => [name, counted]));
}

const file = () => join(root, ".labs/counts/shop.json");
/** Makes what is kept wrong, to see where it is believed. */
function falsify() {
  const content = JSON.parse(readFileSync(file(), "utf8")) as { tables: Record<string, { counted: { rows: number } }> };
  for (const { counted } of Object.values(content.tables)) counted.rows = 777;
  writeFileSync(file(), JSON.stringify(content));
}

describe("what a run counted", () => {
  const truth = { "main.copy": 2, "main.fixed": 1, "main.same": 2, "raw.sold": 2 };

  it("is believed by the next one for tables that nobody wrote to, never for views of models", async () => {
    expect(await rows()).toEqual(truth);
    falsify();
    expect(await rows()).toEqual({ ...truth, "main.copy": 777, "main.fixed": 777, "raw.sold": 777 });
    // What was built is counted, the rest still is not.
    write("shop/dbt/models/fixed.sql", "select 1 as x union all select 2");
    expect(await rows()).toEqual({ "main.copy": 777, "main.fixed": 2, "main.same": 2, "raw.sold": 777 });
  });

  it("is not after new rows were loaded, another question, a full build, or a write that nobody noted", async () => {
    await rows();
    falsify();
    write("shop/data/raw/more.csv", "id,n\n3,4\n");
    write("shop/lab.yml", 'contracts: manual\nsources: [{ name: sold, path: "*.csv" }]\n');
    expect(await rows()).toEqual({ "main.copy": 3, "main.fixed": 777, "main.same": 3, "raw.sold": 3 });
    falsify();
    write(
      "shop/lab.yml",
      'contracts: manual\nsources: [{ name: sold, path: "*.csv" }]\nquality: {tables: {main.copy: {key: id}}}\n',
    );
    expect(await rows()).toMatchObject({ "main.copy": 3, "raw.sold": 777 });
    falsify();
    expect(await rows({ changed: false })).toMatchObject({ "main.copy": 3, "main.fixed": 1, "raw.sold": 777 });
    falsify();
    const database = await openDatabase(join(root, "shop/data/shop.duckdb"));
    await (await database.connect()).run("INSERT INTO main.fixed VALUES (5)");
    await database.close();
    expect(await rows()).toEqual({ "main.copy": 3, "main.fixed": 1, "main.same": 3, "raw.sold": 3 });
  });

  it("counts anew when the file is broken", async () => {
    await rows();
    writeFileSync(file(), '{"made": ');
    expect(await rows()).toEqual(truth);
    expect(await rows()).toEqual(truth);
  });
});
