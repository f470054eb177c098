import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { databaseOf, json, labs, query, smallWorkspace, snapshot, temporaryFolder, write } from "./testing/harness.ts";

const chain = {
  "models/first.sql": "select 1 as id",
  "models/second.sql": "select id + 1 as id from {{ ref('first') }}",
  "models/third.sql": "select id + 1 as id from {{ ref('second') }}",
};

describe("labs run --all", () => {
  it("runs every lab, names the root cause of those that failed, and ends with 1", async () => {
    const workspace = smallWorkspace({
      good: chain,
      broken: { ...chain, "models/second.sql": "select\n  id + 1 as id,\n  no_such_column\nfrom {{ ref('first') }}" },
      untested: {
        ...chain,
        "models/tests.yml":
          "models:\n  - name: second\n    columns: [{ name: id, data_tests: [{ accepted_values: { arguments: { values: [7] } } }] }]\n",
      },
    });
    const { code, stdout, stderr } = await labs(workspace, "run", "--all");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^LAB +STATUS/m);
    expect(stdout).toMatch(/^good +ok +0 +3 ok +none +100/m);
    expect(stdout).toMatch(/^broken +failed +0 +1 failed, 1 skipped, 1 ok/m);
    expect(stdout).toMatch(/^untested +failed +0 +1 skipped, 2 ok +1 failed, 0 ok/m);
    expect(stdout).toMatch(
      /^broken: model second failed and 1 model behind it was skipped\.\n {2}details: labs logs \w{7}$/m,
    );
    expect(stdout).toMatch(/^untested: test accepted_values_second_id__7 failed and 1 model behind it was skipped\.$/m);
    // The engine's error once, with its place.
    expect(stderr.match(/Referenced column "no_such_column" not found/g)).toHaveLength(1);
    expect(stderr).toMatch(/models\/second\.sql/);
    expect(await query(databaseOf(workspace, "good"), "select id from main.third")).toEqual([{ id: 3 }]);
    expect(
      await query(
        databaseOf(workspace, "broken"),
        "select table_name from information_schema.tables where table_schema = 'main' order by 1",
      ),
    ).toEqual([{ table_name: "first" }]);
    const again = await json(workspace, "run", "--all");
    expect(again.code).toBe(1);
    expect(again.document.labs.map((lab: { lab: string; status: string }) => [lab.lab, lab.status])).toEqual([
      ["good", "ok"],
      ["broken", "failed"],
      ["untested", "failed"],
    ]);
  });

  it("leaves paused and archived labs alone, and refuses an archived one by name", async () => {
    const workspace = smallWorkspace({ one: chain, two: chain, three: chain });
    const file = join(workspace, "shared/config/labs_config.yaml");
    write(workspace, {
      "shared/config/labs_config.yaml": readFileSync(file, "utf8")
        .replace("path: two", "path: two\n    status: paused")
        .replace("path: three", "path: three\n    status: archived"),
    });
    const { code, document } = await json(workspace, "run", "--all");
    expect({ code, labs: document.labs.map((lab: { lab: string }) => lab.lab) }).toEqual({ code: 0, labs: ["one"] });
    expect((await labs(workspace, "run", "two")).code).toBe(0);
    expect(await labs(workspace, "run", "three")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("error[REG-021]"),
    });
    expect((await labs(workspace, "run", "one", "three")).code).toBe(1);
  });
});

describe("projects as they come", () => {
  it("a registry with absolute paths and missing keys, dbt_project.yml in the lab's folder, views on relative files", async () => {
    const outside = temporaryFolder({
      "models/shown.sql": "select * from read_csv('data/raw/sold.csv')",
      "dbt_project.yml": 'name: classic\nversion: "1.0"\nprofile: whatever\n',
      "data/raw/sold.csv": "id,n\n1,2\n2,3\n",
    });
    const workspace = temporaryFolder({
      "shared/config/labs_config.yaml":
        `labs: # all of them\n  classic:\n    path: ${outside}\n    db_path: ${outside}/data/db/classic_lab.duckdb\n    team: sales\n`.replace(
          "team",
          "x-team",
        ),
    });
    expect((await json(workspace, "run", "classic")).document.labs[0]).toMatchObject({
      status: "ok",
      quality: { score: 100 },
    });
    expect((await labs(workspace, "inspect", "classic", "main.shown")).stdout).toContain("view, 2 rows, 2 columns");
    expect(existsSync(join(outside, "data/db/classic_lab.duckdb"))).toBe(true);
  });
});

describe("parts of a run", () => {
  const project = {
    ...chain,
    "models/aside.sql": "select 9 as id",
    "models/grown.sql":
      "{{ config(materialized='incremental') }}\nselect {% if is_incremental() %}(select max(id) + 1 from {{ this }}){% else %}1{% endif %} as id",
    "seeds/colours.csv": "name\nred\n",
  };

  it("selects and excludes as dbt does", async () => {
    const workspace = smallWorkspace({ shop: project });
    const built = async (...words: string[]) =>
      (await json(workspace, "run", "shop", ...words)).document.labs[0].nodes
        .map((node: { name: string }) => node.name)
        .sort();
    expect(await built("--select", "+second")).toEqual(["first", "second"]);
    expect(await built("--select", "second+", "aside")).toEqual(["aside", "second", "third"]);
    expect(await built("--exclude", "first+", "resource_type:seed")).toEqual(["aside", "grown"]);
    const { code, stdout, stderr } = await labs(workspace, "run", "shop", "--select", "nowhere");
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/shop +ok/) });
    expect(stderr).toMatch(/nowhere/);
  });

  it("builds incremental models from scratch with --full-refresh", async () => {
    const workspace = smallWorkspace({ shop: project });
    const grown = async () =>
      (await query(databaseOf(workspace, "shop"), "select count(*)::int as n from main.grown"))[0]?.["n"];
    await labs(workspace, "run", "shop");
    await labs(workspace, "run", "shop");
    expect(await grown()).toBe(2);
    expect((await labs(workspace, "run", "shop", "--full-refresh")).code).toBe(0);
    expect(await grown()).toBe(1);
  });

  it("runs single steps", async () => {
    const workspace = smallWorkspace({ shop: { ...project, "../data/raw/sold.csv": "id,n\n1,2\n" } });
    const steps = async (...words: string[]) => {
      const { document } = await json(workspace, "run", "shop", ...words);
      return Object.fromEntries(
        document.labs[0].steps.map((step: { name: string; status: string }) => [step.name, step.status]),
      );
    };
    expect(await steps("--step", "load")).toEqual({
      check: "ok",
      load: "ok",
      transform: "skipped",
      inspect: "skipped",
      publish: "skipped",
    });
    expect(await query(databaseOf(workspace, "shop"), "select count(*)::int as n from raw.sold")).toEqual([{ n: 1 }]);
    expect(await steps("--step", "transform", "inspect")).toEqual({
      check: "skipped",
      load: "skipped",
      transform: "ok",
      inspect: "ok",
      publish: "skipped",
    });
    expect(await labs(workspace, "run", "shop", "--step", "transfrom")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Did you mean `transform`?"),
    });
  });

  it("explains with --dry-run what would run and why, and changes nothing", async () => {
    const workspace = smallWorkspace({
      shop: {
        ...project,
        "../data/raw/sold.csv": "id,n\n1,2\n",
        "models/sales.sql": "select * from {{ source('raw', 'sold') }}",
        "models/sources.yml": "sources: [{ name: raw, tables: [{ name: sold }] }]\n",
      },
    });
    // Who holds a lab is written beside its lock while anything looks at it.
    const state = () => snapshot(workspace, /^\.labs\/locks\//);
    const fresh = state();
    const first = await labs(workspace, "run", "shop", "--dry-run");
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/load +sold\.csv/) });
    expect(first.stdout).toMatch(/main\.sales +table +reads raw\.sold, which gets new rows/);
    expect(first.stdout).toMatch(/main\.aside +table +kept if nothing about it changed/);
    expect(state()).toEqual(fresh);
    expect(existsSync(databaseOf(workspace, "shop"))).toBe(false);
    expect((await labs(workspace, "run", "shop")).code).toBe(0);
    write(workspace, { "shop/data/raw/sold_again.csv": "id,n\n7,7\n" });
    const before = state();
    const { code, document } = await json(workspace, "run", "shop", "--dry-run", "--full-refresh");
    expect(code).toBe(0);
    expect(document).toMatchObject({ dry_run: true, labs: [{ lab: "shop" }] });
    const grown = document.labs[0].nodes.find((node: { name: string }) => node.name === "grown");
    expect(grown).toMatchObject({ why: expect.stringContaining("--full-refresh") });
    expect(state()).toEqual(before);
  });

  it("tests the tables as they are with labs test, and ends with 1 when one fails", async () => {
    const workspace = smallWorkspace({
      shop: {
        ...chain,
        "tests/none_above_2.sql": "select * from {{ ref('third') }} where id > 2",
        "tests/fine.sql": "select 1 where false",
      },
    });
    expect((await labs(workspace, "run", "shop")).code).toBe(1);
    const { code, stdout, stderr } = await labs(workspace, "test", "shop");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "1 test passed, 1 failed\n" });
    expect(stderr).toMatch(/none_above_2: Got 1 result, configured to fail if != 0/);
    expect((await labs(workspace, "test", "shop", "--select", "fine")).code).toBe(0);
  });
});
