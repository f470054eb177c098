import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { openDatabase } from "#duck/index.ts";
import { isLabsError } from "#errors/index.ts";
import { verb } from "./dbt.ts";

const home = process.cwd();
const folders: string[] = [];
afterEach(() => {
  process.chdir(home);
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folderWith(files: Record<string, string>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "labs-dbt-")));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

async function labsDbt(cwd: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const io = {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd },
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    isTTY: false,
    color: false,
    width: 80,
    signal: new AbortController().signal,
  };
  const code = await verb.run({
    io,
    global: { output: "text", trace: false, quiet: false },
    args: [...args],
    options: {},
  });
  return { code, out, err };
}

async function values(database: string, sql: string): Promise<unknown[]> {
  const opened = await openDatabase(database, { readOnly: true });
  try {
    const connection = await opened.connect();
    return (await connection.objects(sql)).flatMap((row) => Object.values(row));
  } finally {
    await opened.close();
  }
}

const profiles = (path: string, more = "") =>
  `p:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: ${path}, schema: gold${more}}\n`;
const project = "name: p\nprofile: p\n";

describe("labs dbt on a project of its own", () => {
  it("runs with profiles.yml, writes the log, and answers dbt's exit codes", async () => {
    const root = folderWith({
      "dbt_project.yml": project,
      "profiles.yml": profiles("x.duckdb"),
      "models/a.sql": "select 41 + 1 as n",
      "models/deep/b.sql": "select n from {{ ref('a') }}",
    });
    const run = await labsDbt(root, "--no-use-colors", "run", "-s", "+b");
    expect(run.out).toContain("Done. PASS=2 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2");
    expect(run.code).toBe(0);
    expect(await values(join(root, "x.duckdb"), "select n from gold.b")).toEqual([42]);
    expect(readFileSync(join(root, "logs/dbt.log"), "utf8")).toContain("[info ] [MainThread]: Running with dbt=1.12.3");
    // From a folder inside the project, as dbt does.
    const list = await labsDbt(join(root, "models/deep"), "-q", "ls", "--profiles-dir", root);
    expect(list.out.split("\n").filter(Boolean)).toEqual(["p.a", "p.deep.b"]);
    writeFileSync(join(root, "models/deep/b.sql"), "select nope from {{ ref('a') }}");
    expect((await labsDbt(root, "run")).code).toBe(1);
    writeFileSync(join(root, "models/deep/b.sql"), "select * from {{ ref('nowhere') }}");
    const broken = await labsDbt(root, "--no-use-colors", "run");
    expect(broken.out).toContain("Encountered an error:\nCompilation Error\n");
    expect(broken.code).toBe(2);
  });

  it("says what is wrong with the command line on stderr", async () => {
    const root = folderWith({ "dbt_project.yml": project });
    const wrong = await labsDbt(root, "run", "--nope");
    expect([wrong.code, wrong.out]).toEqual([2, ""]);
    expect(wrong.err).toContain("Usage: labs dbt run [OPTIONS]");
    expect((await labsDbt(root, "run")).err).toContain("Invalid value for '--profiles-dir'");
    expect((await labsDbt(root, "init")).out).toContain("labs new <lab>");
    expect((await labsDbt(root, "--help")).out).toContain("Commands:");
  });

  it("cleans, and debugs", async () => {
    const root = folderWith({
      "dbt_project.yml": `${project}clean-targets: [target, dbt_packages]\n`,
      "profiles.yml": profiles("x.duckdb"),
      "target/x": "",
      "models/a.sql": "select 1",
    });
    const clean = await labsDbt(root, "clean", "--no-use-colors");
    expect(clean.out).toContain(`Cleaned ${root}/target/*`);
    expect([clean.code, existsSync(join(root, "target"))]).toEqual([0, false]);
    const debug = await labsDbt(root, "debug", "--no-use-colors");
    expect(debug.out).toContain("Connection test: [OK connection ok]");
    expect([debug.code, debug.out.includes("All checks passed!")]).toEqual([0, true]);
    writeFileSync(join(root, "dbt_project.yml"), `${project}clean-targets: [models]\n`);
    expect((await labsDbt(root, "clean")).out).toContain("dbt will not clean the following source paths");
    writeFileSync(join(root, "dbt_project.yml"), `${project}clean-targets: [../other]\n`);
    expect((await labsDbt(root, "clean")).code).toBe(2);
    writeFileSync(join(root, "profiles.yml"), "p: {target: dev}\n");
    const failed = await labsDbt(root, "debug", "--no-use-colors");
    expect([failed.code, failed.out.includes("outputs not specified in profile 'p'")]).toEqual([1, true]);
  });
});

describe("labs dbt in a workspace", () => {
  const workspace = (profile: string) =>
    folderWith({
      "shared/config/labs_config.yaml":
        "labs:\n  one:\n    path: one\n    db_path: one/data/one.duckdb\n    dbt_path: one/dbt\n  two:\n    path: two\n    db_path: two/data/two.duckdb\n    dbt_path: two/dbt\n",
      "one/dbt/dbt_project.yml": project,
      "one/dbt/profiles.yml": profile,
      "one/dbt/models/a.sql": "select '{{ target.schema }}' as s",
      "one/data/.keep": "",
      "two/dbt/dbt_project.yml": project,
      "two/data/.keep": "",
    });

  it("uses the lab's database whatever the profile says, from any folder", async () => {
    const root = workspace(profiles("/nowhere/else.duckdb"));
    for (const [cwd, words] of [
      [root, ["--lab", "one", "run"]],
      [root, ["run", "--lab=one"]],
      [root, ["run", "--lab", "one", "--select", "a"]],
      [join(root, "one"), ["run"]],
      [join(root, "one/dbt/models"), ["run"]],
    ] as const) {
      const run = await labsDbt(cwd, ...words, "--no-use-colors");
      expect(run.out).toContain("Completed successfully");
      expect(await values(join(root, "one/data/one.duckdb"), "select s from gold.a")).toEqual(["gold"]);
      rmSync(join(root, "one/data/one.duckdb"));
    }
  });

  it("asks for the lab where none is implied, and knows its name", async () => {
    const root = workspace(profiles("x.duckdb"));
    for (const [words, code] of [
      [["run"], "REG-018"],
      [["--lab", "oen", "run"], "REG-002"],
    ] as const) {
      const error: unknown = await labsDbt(root, ...words).catch((caught: unknown) => caught);
      expect(isLabsError(error) && error.code).toBe(code);
    }
  });

  it("refuses to write to another lab's database", async () => {
    const root = workspace(profiles("x.duckdb", ", attach: [{path: ../../two/data/two.duckdb}]"));
    const run = await labsDbt(join(root, "one"), "--no-use-colors", "run");
    expect(run.code).not.toBe(0);
    expect(run.out).toContain("database of the lab two");
    expect(existsSync(join(root, "two/data/two.duckdb"))).toBe(false);
  });
});
