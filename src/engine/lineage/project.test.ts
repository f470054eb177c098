import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDatabase } from "#duck/index.ts";
import { openProject } from "../open-project.ts";
import { type Files, writeProject } from "../testing/project.ts";
import { lineageMermaid } from "./mermaid.ts";
import { shown } from "./testing/read-sql.ts";
import type { LineageGraph } from "./trace.ts";

const profiles = "shop:\n  target: dev\n  outputs:\n    dev: { type: duckdb, path: shop.duckdb }\n";

function shop(files: Files) {
  const folder = writeProject({ "profiles.yml": profiles, ...files });
  return { folder, project: openProject(folder, { profilesDir: folder, env: {} }) };
}

/** The lines of a model, with ids cut to their names. */
function linesOf({ nodes }: LineageGraph, id: string): string[] {
  const node = nodes.find(({ unique_id }) => unique_id === id);
  if (!node) throw new Error(`${id} is none of ${nodes.map(({ unique_id }) => unique_id).join(", ")}`);
  return shown(node).map((line) => line.replaceAll(/(model|seed|source|snapshot)\.shop\./g, ""));
}

const sources = `
sources:
  - name: raw
    tables:
      - name: orders
        columns: [{ name: id }, { name: amount }]
      - name: files
        config: { meta: { external_location: "{name}.csv" } }
`;

describe("a project without a database", () => {
  it("knows seeds by their files, and sources as far as somebody reads them", async () => {
    const { folder, project } = shop({
      "seeds/stores.csv": 'id,"full ""name""",City\n1,a,b\n',
      "models/sources.yml": sources,
      "models/by_store.sql": "select *, city || '!' as shout from {{ ref('stores') }}",
      "models/some.sql":
        "select o.id, o.amount * 2 as double, o.customer from {{ source('raw', 'orders') }} o where o.state = 1",
      "models/all_orders.sql": "select * exclude (secret) from {{ source('raw', 'orders') }}",
      "models/named.sql": "select id, region from {{ ref('all_orders') }}",
    });
    const graph = await project.lineage();
    expect(linesOf(graph, "model.shop.by_store")).toEqual([
      "id <- stores.id",
      'full "name" <- stores.full "name"',
      "City <- stores.City",
      "shout <- ~stores.City",
    ]);
    expect(linesOf(graph, "model.shop.some")).toEqual([
      "id <- raw.orders.id",
      "double <- ~raw.orders.amount",
      "customer <- raw.orders.customer",
      "rows: raw.orders.state(filter)",
    ]);
    const all = graph.nodes.find(({ unique_id }) => unique_id === "model.shop.all_orders");
    expect(all).toMatchObject({ status: "partial", columns_complete: false });
    expect(all?.problems.join()).toContain("Not all columns of shop.raw.orders are known");
    // Somebody reads it by name, so it is there; what was excluded is not.
    expect(linesOf(graph, "model.shop.all_orders")).toEqual([
      "id <- raw.orders.id",
      "amount <- raw.orders.amount",
      "region <- raw.orders.region",
      "…",
    ]);
    expect(linesOf(graph, "model.shop.named")).toEqual(["id <- all_orders.id", "region <- all_orders.region"]);
    // It only looked.
    expect(existsSync(join(folder, "shop.duckdb"))).toBe(false);
    expect(existsSync(join(folder, "target"))).toBe(false);
  });

  it("reads a source that is a file", async () => {
    const { project } = shop({
      "files.csv": "k,v\n1,2\n",
      "models/sources.yml": sources,
      "models/m.sql": "select * from {{ source('raw', 'files') }} as f",
      "models/n.sql": "select v + 1 as w from read_csv('files.csv', header = true, delim = ',')",
    });
    const graph = await project.lineage();
    expect(linesOf(graph, "model.shop.m")).toEqual(["k <- raw.files.k", "v <- raw.files.v"]);
    const [line] = linesOf(graph, "model.shop.n");
    expect(line).toMatch(/^w <- ~read_csv\('files\.csv', .*\)\.v$/);
  });

  it("follows ephemeral models to themselves, nested ones too", async () => {
    const { project } = shop({
      "models/base.sql": "select 1 as id, 2 as v, 3 as w",
      "models/inner_e.sql":
        "{{ config(materialized='ephemeral') }} select id, v + 1 as n from {{ ref('base') }} where w = 1",
      "models/outer_e.sql": "{{ config(materialized='ephemeral') }} select id, n from {{ ref('inner_e') }}",
      "models/top.sql": "with x as (select * from {{ ref('outer_e') }}) select sum(n) as total from x",
    });
    const graph = await project.lineage();
    expect(linesOf(graph, "model.shop.top")).toEqual(["total <- +outer_e.n"]);
    expect(linesOf(graph, "model.shop.outer_e")).toEqual(["id <- inner_e.id", "n <- inner_e.n"]);
    expect(linesOf(graph, "model.shop.inner_e")).toEqual(["id <- base.id", "n <- ~base.v", "rows: base.w(filter)"]);
  });

  it("says of every node that cannot be read why", async () => {
    const { project } = shop({
      "models/python.py": "def model(dbt, session):\n    return session.sql('select 1 as a')\n",
      "models/broken.sql": "select from where",
      "models/pivoted.sql": "pivot (select 1 as a, 2 as b) on a using sum(b)",
      "models/raises.sql": "{{ exceptions.raise_compiler_error('no') if execute }}",
      "models/after.sql": "select a, b + 1 as c from {{ ref('broken') }}",
    });
    const { nodes } = await project.lineage();
    const of = (name: string) => nodes.find((node) => node.name === name);
    expect(of("python")).toMatchObject({ status: "failed", problems: [expect.stringContaining("Python")] });
    expect(of("broken")).toMatchObject({
      status: "failed",
      problems: [expect.stringContaining("cannot parse it: syntax error")],
    });
    expect(of("pivoted")).toMatchObject({ status: "failed", problems: [expect.stringContaining("PIVOT")] });
    expect(of("raises")).toMatchObject({ status: "failed", problems: [expect.stringContaining("no")] });
    // What reads it can still be read: the columns that it names are there.
    expect(of("after")).toMatchObject({ status: "resolved" });
  });

  it("follows snapshots with their own columns, and singular tests", async () => {
    const { project } = shop({
      "models/orders.sql": "select 1 as id, 2 as v, now() as changed",
      "snapshots/s.yml":
        "snapshots:\n  - name: history\n    relation: ref('orders')\n    config: {strategy: timestamp, unique_key: id, updated_at: changed}\n",
      "tests/none.sql": "select id from {{ ref('history') }} where v < 0",
    });
    const graph = await project.lineage();
    expect(linesOf(graph, "snapshot.shop.history")).toEqual([
      "id <- orders.id",
      "v <- orders.v",
      "changed <- orders.changed",
      "dbt_scd_id <- ~orders.changed ~orders.id",
      "dbt_updated_at <- ~orders.changed",
      "dbt_valid_from <- ~orders.changed",
      "dbt_valid_to <- ~orders.changed",
      "rows: orders.changed(filter) orders.id(filter)",
    ]);
    expect(linesOf(graph, "test.shop.none")).toEqual(["id <- history.id", "rows: history.v(filter)"]);
  });
});

describe("a project with a database", () => {
  it("takes columns from the tables that are there, in any case of letters", async () => {
    const { folder, project } = shop({
      "models/sources.yml": sources.replace("name: raw", "name: raw\n    schema: Landing"),
      "models/all_orders.sql": "select * from {{ source('raw', 'orders') }}",
      "models/inc.sql":
        "{{ config(materialized='incremental') }} select ID, AMOUNT from {{ ref('all_orders') }} {% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}",
    });
    const database = await openDatabase(join(folder, "shop.duckdb"));
    await (await database.connect()).run(
      'create schema landing; create table landing.ORDERS(Id integer, amount integer, "a b" integer)',
    );
    await database.close();
    expect((await project.run("run")).success).toBe(true);
    const graph = await project.lineage();
    expect(linesOf(graph, "model.shop.all_orders")).toEqual([
      "Id <- raw.orders.Id",
      "amount <- raw.orders.amount",
      "a b <- raw.orders.a b",
    ]);
    // Now the table exists, and the model reads its own rows.
    expect(linesOf(graph, "model.shop.inc")).toEqual([
      "Id <- all_orders.Id",
      "amount <- all_orders.amount",
      "rows: all_orders.Id(filter) inc.Id(filter)",
    ]);
  });

  it("writes it in docs generate, and dbt's fields stay as they are", async () => {
    const { folder, project } = shop({
      "models/a.sql": "select 1 as x, 2 as y",
      "models/b.sql": "select x, x + y as z from {{ ref('a') }}",
      "models/b.yml":
        "models:\n  - name: b\n    columns:\n      - {name: Z, description: both}\n      - {name: x, lineage: mine}\n      - {name: gone}\n",
    });
    await project.run("docs generate");
    const read = (name: string) => JSON.parse(readFileSync(join(folder, "target", name), "utf8"));
    expect(read("column_lineage.json").nodes["model.shop.b"].columns).toEqual([
      { name: "x", upstream: [{ node: "model.shop.a", column: "x", kind: "identity" }], complete: true },
      {
        name: "z",
        upstream: [
          { node: "model.shop.a", column: "x", kind: "derived" },
          { node: "model.shop.a", column: "y", kind: "derived" },
        ],
        complete: true,
      },
    ]);
    const { columns } = read("manifest.json").nodes["model.shop.b"];
    expect(columns.Z.lineage.upstream).toHaveLength(2);
    expect(columns.x.lineage).toBe("mine");
    expect(columns.gone.lineage).toBeUndefined();
    expect(readFileSync(join(folder, "target/index.html"), "utf8")).toContain('"from":[["model.shop.a","x","derived"]');
    // A manifest with the extension compares as one without.
    await project.run("run", { targetPath: "later" });
    const changed = await project.run("list", { select: ["state:modified"], state: "target", targetPath: "later" });
    expect(changed.lines).toEqual([]);
  });
});

describe("tracing", () => {
  const files = {
    "models/sources.yml": sources,
    "models/one.sql": "select id, amount from {{ source('raw', 'orders') }}",
    "models/two.sql": "select id, amount * 2 as double from {{ ref('one') }}",
    "models/three.sql": "select sum(double) as total from {{ ref('two') }} where id > 0",
  };

  it("follows a column in both directions, in one, and only so far", async () => {
    const { project } = shop(files);
    const edges = async (options: Parameters<typeof project.lineage>[0]) =>
      (await project.lineage(options)).edges.map(
        ({ from, to, kind }) =>
          `${from.node.split(".").at(-1)}.${from.column} ${kind} ${to.node.split(".").at(-1)}.${to.column}`,
      );
    const [up, here, down] = [
      "orders.amount identity one.amount",
      "one.amount derived two.double",
      "two.double aggregated three.total",
    ];
    expect(await edges({ of: "one.AMOUNT" })).toEqual([up, here, down]);
    expect(await edges({ of: "one.amount", downstream: false })).toEqual([up]);
    expect(await edges({ of: "one.amount", upstream: false, depth: 1 })).toEqual([here]);
    expect(await edges({ of: "raw.orders.amount" })).toEqual([up, here, down]);
    expect(await edges({ of: "orders.amount" })).toEqual([up, here, down]);
    const { rows, focus } = await project.lineage({ of: "two.id" });
    expect(focus).toEqual({ node: "model.shop.two", column: "id" });
    expect(rows).toEqual([
      { from: { node: "model.shop.two", column: "id" }, to: "model.shop.three", clauses: ["filter"] },
    ]);
  });

  it("names what was meant", async () => {
    const { project } = shop(files);
    const error = (of: string) =>
      project.lineage({ of }).then(
        () => "none",
        (e: unknown) => e,
      );
    expect(await error("thre")).toMatchObject({ code: "ENG-010", hint: "Did you mean `three`?" });
    expect(await error("three.totl")).toMatchObject({ code: "ENG-010", hint: "Did you mean `three.total`?" });
    expect(await error("thre.total")).toMatchObject({ code: "ENG-010", hint: "Did you mean `three.total`?" });
    expect(await error("three.zzzzzzzz")).toMatchObject({ code: "ENG-010", hint: "It has total." });
  });

  it("draws a flowchart", async () => {
    const { project } = shop({
      "models/a.sql": `select 1 as "x ""y"" <b>"`,
      "models/b.sql": "select count(columns(*)) from {{ ref('a') }}",
    });
    expect(lineageMermaid(await project.lineage({ of: "b" }))).toBe(
      [
        "flowchart LR",
        '  subgraph n0["a (model)"]',
        '    n0c0["x #34;y#34; #60;b#62;"]',
        "  end",
        '  subgraph n1["b (model)"]',
        '    n1c0["x #34;y#34; #60;b#62;"]',
        "  end",
        "  n0c0 -->|aggregated| n1c0",
        "  style n1 stroke-width:3px",
        "",
      ].join("\n"),
    );
  });
});
