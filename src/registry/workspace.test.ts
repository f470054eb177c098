import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder, temporaryWorkspace } from "./testing/temporary.ts";
import { findWorkspace, openRegistry } from "./workspace.ts";

const seed = `# the registry
labs:
  lab1_sales_performance:
    path: lab1_sales_performance
    db_path: lab1_sales_performance/data/lab1_sales_performance.duckdb
    dbt_path: lab1_sales_performance/dbt
    raw_data_path: lab1_sales_performance/data/raw
    maintainer: someone
    status: active        # active | paused | archived
    description: "Sales performance analysis and KPIs"
    created_date: 2025-01-01
  lab2_forecast_model:
    db_path: /srv/data/forecast.duckdb
    status: paused
  lab3_customer_segmentation:
`;

const failure = (registry: string) => {
  const root = temporaryWorkspace(registry);
  try {
    openRegistry(root);
  } catch (error) {
    return error as { code: string; message: string; hint: string; place: { line: number; column: number } };
  }
  throw new Error("the registry was accepted");
};

describe("openRegistry", () => {
  it("reads the file of the seed, with entries that lack keys", () => {
    const root = temporaryWorkspace(seed);
    const workspace = openRegistry(root);
    expect(workspace.labs.map((lab) => [lab.name, lab.status])).toEqual([
      ["lab1_sales_performance", "active"],
      ["lab2_forecast_model", "paused"],
      ["lab3_customer_segmentation", "active"],
    ]);
    const [first, second, third] = workspace.labs;
    expect(first).toMatchObject({
      maintainer: "someone",
      description: "Sales performance analysis and KPIs",
      createdDate: "2025-01-01",
    });
    expect(first?.paths.database).toBe(join(root, "lab1_sales_performance/data/lab1_sales_performance.duckdb"));
    expect(second?.paths).toMatchObject({
      database: "/srv/data/forecast.duckdb",
      root: join(root, "lab2_forecast_model"),
      raw: join(root, "lab2_forecast_model/data/raw"),
    });
    expect(third?.paths).toMatchObject({
      database: join(root, "lab3_customer_segmentation/data/lab3_customer_segmentation.duckdb"),
      dbtProject: join(root, "lab3_customer_segmentation/dbt"),
    });
    expect(third?.place).toMatchObject({ line: 15, column: 3 });
    expect(workspace.active.map((lab) => lab.name)).toEqual(["lab1_sales_performance", "lab3_customer_segmentation"]);
  });

  it("finds dbt_project.yml in dbt_path or in the lab's folder", () => {
    const root = temporaryWorkspace("labs: {a: {path: a, dbt_path: a/dbt}, b: {path: b, dbt_path: b/dbt}, c: }", {
      "a/dbt/dbt_project.yml": "",
      "b/dbt_project.yml": "",
    });
    const [a, b, c] = openRegistry(root).labs;
    expect(a?.paths.dbtProject).toBe(join(root, "a/dbt"));
    expect(b?.paths.dbtProject).toBe(join(root, "b"));
    expect(() => c?.requireProject()).toThrow(/does not exist/);
    mkdirSync(join(root, "c"));
    expect(() => c?.requireProject()).toThrow(/has no dbt_project.yml/);
  });

  it("takes merge keys, keys of one's own, an empty list of labs and a byte order mark", () => {
    const shared = "x-defaults: &d\n  maintainer: ann\nlabs:\n  a: { <<: *d, status: paused, x-note: 1 }\n";
    expect(openRegistry(temporaryWorkspace(shared)).labs[0]).toMatchObject({ maintainer: "ann", status: "paused" });
    expect(openRegistry(temporaryWorkspace("labs:\n")).labs).toEqual([]);
    expect(openRegistry(temporaryWorkspace("\ufefflabs: {}\n")).labs).toEqual([]);
  });

  it.each([
    ["labs:\n  a:\n    db_pth: x\n", "REG-004", 3, 5, /db_pth/, /Did you mean `db_path`/],
    ["lab:\n  a:\n", "REG-004", 1, 1, /`lab` is not a key/, /Did you mean `labs`/],
    ["labs:\n  a:\n    status: actve\n", "REG-005", 3, 5, /one of active, paused, archived/, /`active`/],
    ["labs:\n  a:\n    path: [x]\n", "REG-005", 3, 5, /must be a path/, /Write a path/],
    ["labs:\n  ../a:\n    path: x\n", "REG-005", 2, 3, /lab name/, /Rename/],
    ["labs:\n  a b:\n    path: x\n", "REG-005", 2, 3, /lab name/, /Rename/],
    ["labs:\n  a: text\n", "REG-005", 2, 3, /must be a mapping or empty/, /mapping/],
    ["labs:\n  - a\n", "REG-005", 1, 1, /must be a mapping or empty/, /mapping/],
    ["", "REG-005", 1, 1, /is empty/, /`labs:`/],
    ["labs: {}\n---\nlabs: {}\n", "REG-003", 2, 1, /more than one YAML document/, /`---`/],
    ["labs:\n  a: {description: \ufffd}\n", "REG-003", 2, 20, /UTF-8/, /UTF-8/],
    ["labs:\n  a:\n    path: x\n  a:\n    path: y\n", "REG-003", 4, 3, /unique/, /Remove one/],
    ['labs:\n  a:\n    path: "x\n', "REG-003", 4, 1, /quote/, /quotes/],
    ["labs:\n  a: *nobody\n", "REG-003", 2, 6, /nobody/, /alias/],
  ])("refuses %j with its place and fix", (text, code, line, column, message, hint) => {
    const error = failure(text);
    expect(error).toMatchObject({ code, exit: 2, place: { line, column } });
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });

  it.each([1000, 20_000])("refuses %i levels of lists", (levels) => {
    const error = failure(`labs: ${"[".repeat(levels)}${"]".repeat(levels)}`);
    expect(error).toMatchObject({ code: "REG-003", hint: "Nest them less deep.", place: { line: 1 } });
  });

  it("names every problem of a file at once", () => {
    const error = failure("labs:\n  a:\n    pth: x\n  b:\n    status: 3\n");
    expect(error.message).toMatch(/`pth` is not a key under labs\.a\.\n {2}also at 5:5: labs\.b\.status is 3/);
  });

  it("says what a folder without a workspace lacks", () => {
    expect(() => openRegistry(temporaryFolder())).toThrow(/is a workspace/);
  });
});

describe("a workspace", () => {
  it("is found from any folder inside", () => {
    const root = temporaryWorkspace("labs: {}", { "a/b/c/x.txt": "" });
    expect(findWorkspace(join(root, "a/b/c"))).toBe(root);
    expect(findWorkspace(temporaryFolder())).toBeUndefined();
  });

  it("knows the lab of a folder, the innermost one, through links", () => {
    const root = temporaryWorkspace("labs: {whole: {path: .}, a: {path: a}, ab: {path: ab}, out: {path: out}}", {
      "a/data/raw/x.csv": "",
      "ab/x": "",
      "other/x": "",
    });
    const elsewhere = temporaryFolder({ "deep/x": "" });
    symlinkSync(elsewhere, join(root, "out"));
    const workspace = openRegistry(root);
    const nameOf = (path: string) => workspace.labForPath(join(root, path))?.name;
    expect(nameOf("a/data/raw")).toBe("a");
    expect(nameOf("ab")).toBe("ab");
    expect(nameOf("other")).toBe("whole");
    expect(nameOf("out/deep")).toBe("out");
    expect(workspace.labForPath(join(elsewhere, "deep"))?.name).toBe("out");
    expect(workspace.labForPath(temporaryFolder())).toBeUndefined();
  });

  it("refuses to run an archived lab, and runs a paused one when it is named", () => {
    const workspace = openRegistry(temporaryWorkspace("labs: {a: {status: archived}, b: {status: paused}, c: }"));
    expect(() => workspace.lab("a").requireRunnable()).toThrow(expect.objectContaining({ code: "REG-021", exit: 2 }));
    expect(() => workspace.lab("b").requireRunnable()).not.toThrow();
    expect(workspace.active.map((lab) => lab.name)).toEqual(["c"]);
  });

  it("says which lab was meant", () => {
    const workspace = openRegistry(temporaryWorkspace("labs: {sales: , forecast: }"));
    expect(workspace.lab("sales").name).toBe("sales");
    expect(() => workspace.lab("slaes")).toThrow(
      expect.objectContaining({ code: "REG-002", exit: 2, hint: "Did you mean `sales`?" }),
    );
    expect(() => workspace.lab("x")).toThrow(expect.objectContaining({ hint: "The labs are sales, forecast." }));
  });
});
