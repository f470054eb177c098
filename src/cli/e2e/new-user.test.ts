import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { verbs } from "../verbs.ts";
import { json, labs, query, snapshot, temporaryFolder, write } from "./testing/harness.ts";

const root = temporaryFolder();
const workspace = join(root, "ws");
const database = join(workspace, "shop/data/shop.duckdb");

describe("the way of a new user", () => {
  it("creates a workspace and says what it made and what comes next", async () => {
    const { code, stdout } = await labs(root, "init", "ws");
    expect(code).toBe(0);
    expect(stdout).toContain("shared/config/labs_config.yaml");
    expect(stdout).toMatch(/Next steps:\n {2}1\. [^]*\n {2}2\. [^]*labs run/);
    const before = snapshot(workspace);
    expect((await labs(root, "init", "ws")).code).toBe(0);
    expect(snapshot(workspace)).toEqual(before);
  });

  it("creates a lab and runs it before any data is there", async () => {
    const { code, stdout } = await labs(workspace, "new", "shop", "--template", "csv");
    expect(code).toBe(0);
    expect(stdout).toMatch(/Next steps:[^]*shop\/data\/raw[^]*labs run shop/);
    const first = await labs(workspace, "run", "shop");
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/shop +ok +0 /) });
    expect(first.stderr).toContain("shop/data/raw");
  });

  it("drops a file and sees its rows, tables, tests and score", async () => {
    write(workspace, { "shop/data/raw/week1.csv": "id,store,sold\n1,Basel,3\n2,Bern,4\n3,,5\n3,,5\n" });
    const { code, stdout, stderr } = await labs(workspace, "run", "shop");
    expect(code).toBe(0);
    expect(stderr).toMatch(/week1\.csv → raw\.records +new +4 rows/);
    expect(stderr).toMatch(/✓ gold\.record_counts +table .* 3 tests ok\n/);
    expect(stdout).toMatch(/LAB +STATUS +NEW ROWS +MODELS +TESTS +SCORE +TIME\nshop +ok +4 +4 ok +5 ok +\d/);
    expect(
      await query(database, "select rows_loaded::int as loaded, rows_distinct::int as kept from gold.record_counts"),
    ).toEqual([{ loaded: 4, kept: 3 }]);
    expect((await json(workspace, "run", "shop")).document.labs[0]).toMatchObject({
      status: "ok",
      rowsLoaded: 0,
      files: [],
    });
  });

  it("takes only the new rows of the next file", async () => {
    write(workspace, { "shop/data/raw/week2.csv": "id,store,sold\n4,Chur,1\n" });
    expect((await json(workspace, "run", "shop")).document.labs[0]).toMatchObject({
      rowsLoaded: 1,
      files: [{ file: "week2.csv", outcome: "loaded" }],
    });
    expect(await query(database, "select count(*)::int as n from silver.records")).toEqual([{ n: 4 }]);
  });

  it("looks at the lab, its tables, its runs and its log", async () => {
    const { stdout: lab } = await labs(workspace, "inspect", "shop");
    expect(lab).toMatch(/raw[^]*bronze_records +view +5|bronze[^]*bronze_records +view +5/);
    expect(lab).toMatch(/Score +\d/);
    const { stdout: table } = await labs(workspace, "inspect", "shop", "silver.records");
    expect(table).toMatch(/4 rows, 3 columns/);
    expect(table).toMatch(/store +VARCHAR .* 25%/);
    expect((await labs(workspace, "status")).stdout).toMatch(/shop +active +ok /);
    expect((await labs(workspace, "history")).stdout.trim().split("\n").length).toBeGreaterThanOrEqual(5);
    const { stdout: log } = await labs(workspace, "logs", "last");
    expect(log).toContain("week2.csv → raw.records: loaded, 1 row");
    expect(log).toMatch(/gold\.record_counts: success/);
  });

  it("needs no name inside the lab's folder, and no folder with --workspace", async () => {
    const inside = join(workspace, "shop/dbt/models/gold");
    expect((await labs(inside, "run")).stdout).toMatch(/shop +ok/);
    expect((await labs(inside, "inspect", "silver.records")).stdout).toContain("silver.records  table, 4 rows");
    expect((await labs(inside, "test")).stdout).toContain("5 tests passed");
    expect((await labs(inside, "files")).stdout).toContain("week1.csv");
    expect((await labs(inside, "logs", "last")).code).toBe(0);
    expect((await labs(tmpdir(), "run", "shop", "--workspace", workspace)).stdout).toMatch(/shop +ok/);
    expect((await labs(tmpdir(), "--workspace", workspace, "status")).stdout).toMatch(/shop +active +ok /);
    expect(await labs(tmpdir(), "run")).toMatchObject({ code: 2, stderr: expect.stringContaining("labs init") });
  });

  it("chooses the lab when there are several only by name, folder or --all", async () => {
    expect((await labs(workspace, "new", "second")).code).toBe(0);
    const { code, stderr } = await labs(workspace, "run");
    expect(code).toBe(2);
    expect(stderr).toMatch(/error\[REG-018\][^]*fix: .*shop, second/);
    expect(await labs(workspace, "run", "--all", "shop")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("CLI-002"),
    });
    expect(await labs(workspace, "run", "shp")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Did you mean `shop`"),
    });
  });
});

describe("every verb", () => {
  beforeAll(() => mkdirSync(join(root, "unregistered"), { recursive: true }));

  it.each(Object.keys(verbs))("labs %s --help has a usage line, examples and exit codes", async (name) => {
    const { code, stdout } = await labs(root, name, "--help");
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: labs ${name}`);
    expect(stdout).toMatch(/Examples:\n(?: {2}# .+\n)+ {2}labs /);
    expect(stdout).toMatch(/Exit codes:[^]*0[^]*1[^]*2/);
    // After `labs dbt`, options are dbt's own.
    const { document } = name === "dbt" ? await json(root, "help", name) : await json(root, name, "--help");
    expect(document).toMatchObject({ examples: expect.any(Array) });
  });

  it.each([
    [["init", "another"], 0],
    [["new", "third"], 0],
    [["add", "../unregistered", "--name", "fourth"], 0],
    [["list"], 0],
    [["paths", "shop"], 0],
    [["doctor", "shop"], 0],
    [["ledger", "copy", "--to", "NOT_SET_ANYWHERE"], 2],
    [["demo-data", "--out", "demo", "--rows", "50"], 0],
    [["ingest", "shop"], 0],
    [["run", "shop", "--dry-run"], 0],
    [["run", "shop"], 0],
    [["test", "shop"], 0],
    [["inspect", "shop"], 0],
    [["inspect", "shop", "gold.record_counts"], 0],
    [["files", "shop"], 0],
    [["status"], 0],
    [["history", "shop"], 0],
    [["logs", "last"], 0],
    [["run", "shop", "--select", "nothing_of_that_name"], 0],
    [["inspect", "shop", "gold.nothing"], 2],
    [["inspect", "third"], 1],
    [["logs", "zzzzzzz"], 2],
    [["run", "nowhere"], 2],
    [["run", "shop", "--nonsense"], 2],
    [["paths", "shop", "too", "many"], 2],
  ])("labs %j -o json is one document and ends with %i", async (words, wanted) => {
    const { code, document, stderr } = await json(workspace, ...words);
    expect({ words, code, error: document.error }).toMatchObject({
      code: wanted,
      ...(wanted === 0 ? { error: undefined } : { error: { code: expect.any(String), message: expect.any(String) } }),
    });
    expect(stderr).toBe("");
  });
});
