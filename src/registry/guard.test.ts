import { linkSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { guardFor, labTarget, localFile } from "./guard.ts";
import { temporaryFolder, temporaryWorkspace } from "./testing/temporary.ts";
import { openRegistry } from "./workspace.ts";

const project = { "a/dbt/dbt_project.yml": "profile: a\n", "b/dbt/dbt_project.yml": "profile: b\n" };

function guarded(files: Record<string, string> = {}) {
  const root = temporaryWorkspace("labs: {a: , b: }", { ...project, ...files });
  const workspace = openRegistry(root);
  const guard = guardFor(workspace, workspace.lab("a"));
  return { root, workspace, write: (path: string) => guard(path, { write: true }), guard };
}

const refused = expect.objectContaining({ code: "REG-013", exit: 2 });

describe("guardFor", () => {
  it("lets a lab write its own database and files that belong to nobody", () => {
    const { root, write } = guarded();
    for (const path of [join(root, "a/data/a.duckdb"), "../data/out.parquet", ":memory:", "", "md:cloud", "s3://b/k"]) {
      expect(() => write(path)).not.toThrow();
    }
  });

  it("refuses another lab's database, existing or not, and its log", () => {
    const { root, write } = guarded();
    const other = join(root, "b/data/b.duckdb");
    expect(() => write(other)).toThrow(refused);
    mkdirSync(join(root, "b/data"));
    expect(() => write(`${other}.wal`)).toThrow(refused);
    expect(() => write(join(root, "a/../b/./data/b.duckdb"))).toThrow(refused);
    expect(() => write(`duckdb:${other}`)).toThrow(refused);
    expect(() => write(`file://${other}`)).toThrow(refused);
  });

  it("takes relative paths as the project's", () => {
    const { write } = guarded();
    expect(() => write("../../b/data/b.duckdb")).toThrow(refused);
    expect(() => write("b/data/b.duckdb")).not.toThrow();
  });

  it("sees through links of files and folders, hard links, and links that lead nowhere yet", () => {
    const { root, write } = guarded({ "b/data/b.duckdb": "x" });
    const elsewhere = temporaryFolder();
    symlinkSync(join(root, "b/data/b.duckdb"), join(elsewhere, "file.duckdb"));
    symlinkSync(join(root, "b/data"), join(elsewhere, "folder"));
    linkSync(join(root, "b/data/b.duckdb"), join(elsewhere, "hard.duckdb"));
    for (const path of ["file.duckdb", "folder/b.duckdb", "hard.duckdb"]) {
      expect(() => write(join(elsewhere, path)), path).toThrow(refused);
    }
    const later = guarded();
    symlinkSync(join(later.root, "b/data/b.duckdb"), join(elsewhere, "later.duckdb"));
    expect(() => later.write(join(elsewhere, "later.duckdb"))).toThrow(refused);
  });

  it("lets a lab read another one, and says where a refused path is written", () => {
    const { root, guard } = guarded();
    const other = join(root, "b/data/b.duckdb");
    expect(() => guard(other, { write: false })).not.toThrow();
    const place = { file: "profiles.yml", line: 4, column: 9 };
    expect(() => guard(other, { write: true, place })).toThrow(
      expect.objectContaining({
        place,
        message: expect.stringContaining("of the lab b"),
        hint: expect.stringContaining("read_only"),
      }),
    );
  });
});

describe("labTarget", () => {
  it("gives the engine the registry's database and the profiles that exist", () => {
    const { root, workspace } = guarded({ "a/.dbt/profiles.yml": "" });
    expect(labTarget(workspace, workspace.lab("a"))).toMatchObject({
      lab: "a",
      database: join(root, "a/data/a.duckdb"),
      projectDir: join(root, "a/dbt"),
      profilesDirs: [join(root, "a/.dbt")],
    });
  });

  it("refuses two labs on one database, through a link too", () => {
    const root = temporaryWorkspace("labs: {a: , b: {db_path: link.duckdb}}", project);
    symlinkSync(join(root, "a/data/a.duckdb"), join(root, "link.duckdb"));
    const workspace = openRegistry(root);
    expect(() => labTarget(workspace, workspace.lab("a"))).toThrow(expect.objectContaining({ code: "REG-019" }));
  });
});

describe("localFile", () => {
  it.each([
    ["x.db", "x.db"],
    ["duckdb:x.db", "x.db"],
    ["/abs/x.db?access_mode=x", "/abs/x.db"],
    ["sqlite:x.sqlite", "x.sqlite"],
    ["file:///abs/x.db", "/abs/x.db"],
    [":memory:named", undefined],
    ["md:my_db", undefined],
    ["ducklake:postgres:dbname=x", undefined],
    ["https://example.com/x.db", undefined],
    ["C:\\data\\x.db", "C:\\data\\x.db"],
  ])("%s", (path, wanted) => {
    expect(localFile(path)).toBe(wanted);
  });
});
