import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { examine } from "./doctor.ts";
import { acquireLabLock } from "./lock.ts";
import { temporaryWorkspace } from "./testing/temporary.ts";
import { openRegistry } from "./workspace.ts";

const sound = { "a/dbt/dbt_project.yml": "name: a\nprofile: a\n", "a/lab.yml": "", "a/data/raw/x.csv": "" };

/** What is wrong with lab a, as `level check: message`. */
function findings(registry: string, files: Record<string, string> = {}, prepare?: (root: string) => void) {
  const root = temporaryWorkspace(registry, { ...sound, ...files });
  prepare?.(root);
  const workspace = openRegistry(root);
  return { root, workspace, found: examine(workspace, workspace.lab("a")) };
}
const wrong = (found: ReturnType<typeof examine>) =>
  found.filter(({ level }) => level === "error" || level === "warning");

describe("examine", () => {
  it("finds nothing wrong with a sound lab", () => {
    const { found } = findings("labs: {a: }");
    expect(wrong(found)).toEqual([]);
    expect(found.map(({ check }) => check)).toEqual(["folder", "lab.yml", "project", "raw", "database", "lock"]);
  });

  it.each([
    ["a missing folder", "labs: {a: {path: gone}}", {}, "error", "folder", 2, /gone does not exist/],
    ["a file as folder", "labs: {a: {path: f}}", { f: "" }, "error", "folder", 2, /no folder/],
    ["a broken lab.yml", "labs: {a: }", { "a/lab.yml": "sorces: []\n" }, "error", "lab.yml", 2, /`sorces`/],
    ["no project", "labs: {a: {path: b}}", { "b/lab.yml": "" }, "error", "project", 2, /no dbt_project/],
    ["no raw folder", "labs: {a: {raw_data_path: gone}}", {}, "warning", "raw", undefined, /does not exist/],
    ["a schema's name", "labs: {a: {db_path: a/gold.duckdb}}", {}, "error", "database", 2, /like a schema/],
    ["one database", "labs: {a: {db_path: x.db}, b: {db_path: x.db}}", {}, "error", "database", 2, /of b too/],
    [
      "no database",
      "labs: {a: {db_path: a/x.duckdb}}",
      { "a/x.duckdb": "no database, long enough" },
      "error",
      "database",
      1,
      /no DuckDB/,
    ],
    [
      "one project",
      "labs: {a: , b: {dbt_path: a/dbt, raw_data_path: a/data/raw}}",
      {},
      "warning",
      "project",
      undefined,
      /of b too/,
    ],
    ["a folder", "labs: {a: {db_path: a/data}}", {}, "error", "database", 2, /is no file/],
    [
      "an unset secret",
      "labs: {a: }",
      { "a/lab.yml": "secrets: [LABS_TEST_NEVER_SET]\n" },
      "warning",
      "secrets",
      undefined,
      /LABS_TEST/,
    ],
  ])("finds %s", (_, registry, files, level, check, exit, message) => {
    const { found } = findings(registry, files);
    const [first] = wrong(found);
    expect(first).toMatchObject({ lab: "a", level, check, message: expect.stringMatching(message) });
    expect(first?.exit).toBe(exit);
    expect(first?.fix).toBeTruthy();
  });

  it("checks what polls need", () => {
    const text = `sources:
  - name: orders
    api: { url: "https://x.example/\${LABS_TEST_HOST}/\${LABS_TEST_PATH:-v1}", auth: { type: bearer, env: LABS_TEST_NEVER_SET } }
  - { name: made, step: { file: pipelines/made.ts } }
  - { name: there, step: { file: pipelines/there.ts } }
`;
    const { found } = findings("labs: {a: }", { "a/lab.yml": text, "a/pipelines/there.ts": "" });
    expect(found.filter(({ check }) => check === "sources")).toMatchObject([
      {
        level: "warning",
        message: expect.stringMatching(/LABS_TEST_NEVER_SET, LABS_TEST_HOST\.$/),
        place: { line: 3 },
      },
      { level: "error", exit: 2, message: expect.stringContaining("pipelines/made.ts"), place: { line: 4 } },
      { level: "ok", message: "there (step)" },
    ]);
  });

  it("finds two labs on one database through a link", () => {
    const { found } = findings("labs: {a: , b: {db_path: link.db}}", {}, (root) =>
      symlinkSync(join(root, "a/data/a.duckdb"), join(root, "link.db")),
    );
    expect(wrong(found)[0]).toMatchObject({ check: "database", message: expect.stringContaining("of b too") });
  });

  const profile = (path: string, more = "") =>
    `a:\n  outputs:\n    dev:\n      type: duckdb\n      path: ${path}\n${more}`;

  it("warns of a profile that points elsewhere and refuses one at another lab's database", () => {
    const elsewhere = findings("labs: {a: , b: }", { "a/.dbt/profiles.yml": profile("/tmp/other.duckdb") });
    expect(wrong(elsewhere.found)).toMatchObject([
      { level: "warning", check: "profile", place: { line: 5, column: 7 } },
    ]);
    const other = findings("labs: {a: , b: }", { "a/dbt/profiles.yml": profile("../../b/data/b.duckdb") });
    expect(wrong(other.found)).toMatchObject([{ level: "error", exit: 2, check: "profile" }]);
    const own = findings("labs: {a: , b: }", { "a/dbt/profiles.yml": profile("../data/a.duckdb") });
    expect(wrong(own.found)).toEqual([]);
  });

  it("refuses an attach that would write to another lab, and allows a read-only one", () => {
    const attach = (more: string) => ({
      "a/dbt/profiles.yml": profile(
        "../data/a.duckdb",
        `      attach:\n        - path: ../../b/data/b.duckdb\n${more}`,
      ),
    });
    expect(wrong(findings("labs: {a: , b: }", attach("")).found)).toMatchObject([
      { check: "profile", place: { line: 7 } },
    ]);
    expect(wrong(findings("labs: {a: , b: }", attach("          read_only: true\n")).found)).toEqual([]);
  });

  it("resolves env_var in a profile, and leaves other Jinja alone", () => {
    const env = findings("labs: {a: , b: }", {
      "a/dbt/profiles.yml": profile(`"{{ env_var('LABS_TEST_NEVER_SET', '../../b/data/b.duckdb') }}"`),
    });
    expect(wrong(env.found)).toMatchObject([{ level: "error", check: "profile" }]);
    const jinja = findings("labs: {a: , b: }", { "a/dbt/profiles.yml": profile(`"{{ target.name }}.db"`) });
    expect(wrong(jinja.found)).toEqual([]);
  });

  it("tells a held lock and one that a killed process left", async () => {
    const { workspace } = findings("labs: {a: }");
    const lab = workspace.lab("a");
    const lock = await acquireLabLock(lab, { command: "labs run a" });
    expect(examine(workspace, lab).at(-1)).toMatchObject({
      check: "lock",
      message: expect.stringContaining("labs run a"),
    });
    lock.release();
    mkdirSync(join(workspace.state, "locks"), { recursive: true });
    writeFileSync(lab.paths.holder, JSON.stringify({ pid: 1, user: "x", host: "y", command: "labs run", since: "t" }));
    expect(examine(workspace, lab).at(-1)).toMatchObject({ level: "info", message: expect.stringContaining("killed") });
  });

  it.runIf(process.getuid?.() !== 0)("finds folders without rights", () => {
    const { found, root } = findings("labs: {a: }", {}, (folder) => chmodSync(join(folder, "a/data/raw"), 0o000));
    chmodSync(join(root, "a/data/raw"), 0o755);
    expect(wrong(found)[0]).toMatchObject({ check: "raw", level: "error" });
  });
});
