import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  databaseOf,
  finish,
  json,
  labs,
  query,
  smallWorkspace,
  snapshot,
  start,
  temporaryFolder,
  write,
} from "./testing/harness.ts";

const registry = "shared/config/labs_config.yaml";
const project = "shop/dbt/dbt_project.yml";
const header = 'name: shop\nversion: "1.0"\nprofile: shop\n';

let ran: string;
beforeAll(async () => {
  ran = smallWorkspace({ shop: { "models/one.sql": "select 1 as id" } });
  expect((await labs(ran, "run", "shop")).code).toBe(0);
});

/** A copy of a workspace with one lab that has run once, with the given files. */
function after(files: Record<string, string | Buffer>): string {
  const workspace = temporaryFolder();
  cpSync(ran, workspace, { recursive: true });
  write(workspace, files);
  return workspace;
}

const tables = (workspace: string) =>
  query(
    databaseOf(workspace, "shop"),
    "select table_schema || '.' || table_name as name from information_schema.tables where table_schema in ('main', 'raw') order by 1",
  );

describe("bad input gives one clear error with code, place and fix, and leaves the database as it was", () => {
  const cases: [string, Record<string, string | Buffer>, { exit: 1 | 2; code: string; at: RegExp; fix: RegExp }][] = [
    [
      "broken YAML in labs_config.yaml",
      { [registry]: "labs:\n  shop: {path: shop\n  other:\n" },
      { exit: 2, code: "REG-003", at: /labs_config\.yaml:3:3/, fix: /indentation/ },
    ],
    [
      "an unknown key in labs_config.yaml",
      { [registry]: "labs:\n  shop:\n    raw_datapath: x\n" },
      { exit: 2, code: "REG-004", at: /labs_config\.yaml:3:5/, fix: /raw_data_path/ },
    ],
    [
      "broken YAML in lab.yml",
      { "shop/lab.yml": "sources:\n  - name: a\n   path: x\n" },
      { exit: 2, code: "REG-003", at: /shop\/lab\.yml:3:/, fix: /./ },
    ],
    [
      "an unknown key in lab.yml",
      { "shop/lab.yml": "sorces: []\n" },
      { exit: 2, code: "REG-004", at: /shop\/lab\.yml:1:1/, fix: /`sources`/ },
    ],
    [
      "broken YAML in dbt_project.yml",
      { [project]: `${header} models: [\n` },
      { exit: 2, code: "READ-001", at: /dbt_project\.yml:4:\d/, fix: /indentation/ },
    ],
    [
      "an unknown key in dbt_project.yml",
      { [project]: `${header}model-pathss: [x]\n` },
      { exit: 2, code: "READ-002", at: /dbt_project\.yml:4:1/, fix: /model-paths/ },
    ],
    [
      "broken YAML in a properties file",
      { "shop/dbt/models/schema.yml": "models:\n  - name: one\n    columns: [\n" },
      { exit: 2, code: "READ-001", at: /models\/schema\.yml:3:\d/, fix: /bracket/ },
    ],
    [
      "a profile without its target",
      { "shop/dbt/profiles.yml": "shop:\n  target: prod\n  outputs:\n    dev: {type: duckdb}\n" },
      { exit: 2, code: "READ-003", at: /profiles\.yml:\d/, fix: /--target/ },
    ],
    [
      "a profile for another database",
      { "shop/dbt/profiles.yml": "shop:\n  target: dev\n  outputs:\n    dev: {type: postgres}\n" },
      { exit: 2, code: "READ-003", at: /profiles\.yml:4:\d/, fix: /type: duckdb/ },
    ],
    [
      "a missing folder",
      { [registry]: "labs:\n  shop:\n    path: shopp\n" },
      { exit: 2, code: "REG-009", at: /labs_config\.yaml:\d:\d/, fix: /path/ },
    ],
    [
      "a missing dbt project",
      { [registry]: "labs:\n  shop:\n    dbt_path: shop/data\n    path: shop/data\n" },
      { exit: 2, code: "REG-017", at: /labs_config\.yaml:\d:\d/, fix: /dbt_path/ },
    ],
    ["an empty CSV", { "shop/data/raw/a.csv": "" }, { exit: 1, code: "ING-001", at: /raw\/a\.csv/, fix: /again/ }],
    [
      "a CSV of a header alone",
      { "shop/data/raw/a.csv": "id,name\n" },
      { exit: 1, code: "ING-015", at: /raw\/a\.csv/, fix: /rows/ },
    ],
    [
      "a binary CSV",
      { "shop/data/raw/a.csv": Buffer.from("PK\u0003\u0004\u0000\u0000\u0001\u00ff".repeat(400), "latin1") },
      { exit: 1, code: "ING-002", at: /raw\/a\.csv/, fix: /Export the data as CSV/ },
    ],
    [
      "broken Jinja",
      { "shop/dbt/models/two.sql": "\n\nselect 1 as id\nfrom {{ ref('one' }}\n" },
      { exit: 1, code: "JIN-001", at: /models\/two\.sql:4:19/, fix: /./ },
    ],
    [
      "a macro that does not exist",
      { "shop/dbt/models/two.sql": "select\n  {{ no_macro(1) }} as x\n" },
      { exit: 1, code: "JIN-002", at: /models\/two\.sql:2:\d/, fix: /spelling/ },
    ],
    [
      "wrong SQL",
      { "shop/dbt/models/two.sql": "\nselect id\nfrom {{ ref('one') }}\nwhere nope = 1\n" },
      { exit: 1, code: "DBA-003", at: /models\/two\.sql:4:7/, fix: /target\/compiled\/shop\/models\/two\.sql/ },
    ],
    [
      "a reference to nothing",
      { "shop/dbt/models/two.sql": "select *\nfrom {{ ref('onne') }}\n" },
      { exit: 1, code: "ENG-003", at: /models\/two\.sql:2:\d+/, fix: /'one'/ },
    ],
    [
      "a source that is not declared",
      { "shop/dbt/models/two.sql": "select *\nfrom {{ source('raw', 'orders') }}\n" },
      { exit: 1, code: "ENG-003", at: /models\/two\.sql:2:\d+/, fix: /./ },
    ],
    [
      "a cycle",
      {
        "shop/dbt/models/two.sql": "select * from {{ ref('three') }}",
        "shop/dbt/models/three.sql": "select * from {{ ref('two') }}",
      },
      { exit: 1, code: "ENG-004", at: /models\/(two|three)\.sql:1:23/, fix: /models\/two\.sql:1:23/ },
    ],
    [
      "two models of one name",
      { "shop/dbt/models/more/one.sql": "select 2 as id" },
      { exit: 1, code: "ENG-008", at: /models\/(more\/)?one\.sql/, fix: /Rename/ },
    ],
    [
      "a macro without an end",
      { "shop/dbt/macros/a.sql": "{% macro a() %}\nselect 1\n" },
      { exit: 1, code: "JIN-014", at: /macros\/a\.sql:1:1/, fix: /./ },
    ],
  ];

  it.each(cases)("%s", async (_, files, { exit, code, at, fix }) => {
    const workspace = after(files);
    const before = await tables(workspace);
    const { code: ended, stdout, stderr } = await labs(workspace, "run", "shop");
    expect({ ended, stderr, stdout }).toMatchObject({ ended: exit });
    expect(stderr).toContain(code);
    const [place, hint] = [/^ *at (.*)$/m.exec(stderr)?.[1], /^ *fix: (.*)$/m.exec(stderr)?.[1]];
    expect({ place, hint }).toEqual({ place: expect.stringMatching(at), hint: expect.stringMatching(fix) });
    expect(stdout + stderr).not.toMatch(/\n {4,}at \S+ \(|INTERNAL/);
    // Said once: the error's first line stands in one place only.
    const text = stderr.split("\n").find((line) => line.includes(code)) ?? "";
    expect((stdout + stderr).split(text.replace(/^.*?: /, "").trim()).length - 1).toBe(1);
    expect(await tables(workspace)).toEqual(before);
    expect(await query(databaseOf(workspace, "shop"), "select id from main.one")).toEqual([{ id: 1 }]);
  });

  it.each(cases.filter(([name]) => /YAML in dbt|cycle|wrong SQL|empty CSV/.test(name)))(
    "as one JSON document: %s",
    async (_, files, { exit, code, at }) => {
      const workspace = after(files);
      const { code: ended, document, stderr } = await json(workspace, "run", "shop");
      expect({ ended, stderr }).toEqual({ ended: exit, stderr: "" });
      const [lab] = document.labs;
      const errors = [
        lab.error,
        ...lab.files.map((file: { error?: unknown }) => file.error),
        ...lab.nodes.map((node: { error?: unknown }) => node.error),
      ].filter(Boolean);
      expect(errors).toHaveLength(1);
      const { place, hint } = errors[0];
      expect(errors[0]).toMatchObject({ code, message: expect.any(String), hint: expect.any(String) });
      expect([place.file, place.line, place.column].filter((part) => part !== undefined).join(":")).toMatch(at);
      expect(hint.length).toBeGreaterThan(5);
    },
  );
});

describe("names of labs", () => {
  it.each(["my lab", "../outside", "a/b", "..", "Shop", "1st", "raw", "gold", "shop"])(
    "%j is refused, and nothing is made",
    async (name) => {
      const workspace = smallWorkspace({ shop: { "models/one.sql": "select 1 as id" } });
      const before = snapshot(workspace, /^\.labs\//);
      const { code, stderr } = await labs(workspace, "new", name);
      expect({ code, stderr }).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^error\[REG-00[67]\]: [^\n]*\n[^]*fix: /),
      });
      expect(snapshot(workspace, /^\.labs\//)).toEqual(before);
      expect(existsSync(join(workspace, "../outside"))).toBe(false);
    },
  );
});

describe("files that are not what they should be", () => {
  it("a database that is no DuckDB file is left alone", async () => {
    const workspace = smallWorkspace({ shop: { "models/one.sql": "select 1 as id" } });
    write(workspace, { "shop/data/shop.duckdb": "These are my notes, not a database." });
    const { code, stderr } = await labs(workspace, "run", "shop");
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/DUCK-001: [^]*shop\.duckdb[^]*fix: /),
    });
    expect(readFileSync(databaseOf(workspace, "shop"), "utf8")).toBe("These are my notes, not a database.");
  });

  it("a damaged ledger does not stop a run, is never overwritten, and is named by those who need it", async () => {
    const workspace = after({ ".labs/ledger.db": "Not SQLite. ".repeat(500) });
    const { code, stderr } = await labs(workspace, "run", "shop");
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/not recorded: LED-003: [^]*fix: Move it away/),
    });
    for (const words of [["status"], ["history"], ["logs", "last"]]) {
      expect(await labs(workspace, ...words)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/error\[LED-003\][^]*fix: Move it away/),
      });
    }
    expect(await labs(workspace, "inspect", "shop")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("one"),
      stderr: expect.stringContaining("LED-003"),
    });
    expect(readFileSync(join(workspace, ".labs/ledger.db"), "utf8")).toMatch(/^Not SQLite/);
  });

  it("a folder that cannot be written: the state's, the database's, a new workspace's", async () => {
    // A file where a folder should be refuses the superuser too.
    const workspace = smallWorkspace({ shop: { "models/one.sql": "select 1 as id" } });
    write(workspace, { in_the_way: "", [registry]: "labs:\n  shop:\n    db_path: in_the_way/shop.duckdb\n" });
    expect(await labs(workspace, "run", "shop")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/(ING-013|DUCK-001): [^]*in_the_way[^]*fix: /),
    });
    const other = smallWorkspace({ shop: { "models/one.sql": "select 1 as id" } });
    write(other, { ".labs": "" });
    expect(await labs(other, "run", "shop")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/error\[REG-010\][^]*\.labs[^]*fix: /),
    });
    const folder = temporaryFolder({ taken: "" });
    expect(await labs(folder, "init", "taken")).toMatchObject({
      code: expect.any(Number),
      stderr: expect.stringMatching(/^error\[REG-0\d\d\][^]*fix: /),
    });
  });

  it.skipIf(process.platform === "win32")(
    "a disk that is full: what was finished is kept, and the next run works",
    async () => {
      const rows = Array.from({ length: 40_000 }, (_, i) => `${i},${(i * 7919) % 104_729}\n`).join("");
      const workspace = smallWorkspace({
        shop: {
          "models/one.sql": "select 1 as id",
          "models/large.sql":
            "-- after {{ ref('one') }}\nselect id, md5(n::varchar) as a, md5(id::varchar) as b, md5((id + n)::varchar) as c from raw.sold, range(6)",
          "../data/raw/sold.csv": `id,n\n${rows}`,
        },
      });
      expect((await labs(workspace, "run", "shop", "--step", "load")).code).toBe(0);
      const limited = start(["run", "shop"], {
        cwd: workspace,
        before: ["sh", "-c", 'ulimit -f 6000; exec "$@"', "sh"],
        env: { NODE_DISABLE_COMPILE_CACHE: "1" },
      });
      const { code, stderr } = await finish(limited);
      expect({ code, stderr }).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /✓ main\.one[^]*✗ main\.large[^]*DBA-003: [^]*at shop\/dbt\/models\/large\.sql[^]*fix: Make room on the disk/,
        ),
      });
      expect(await tables(workspace)).toEqual([{ name: "main.one" }, { name: "raw.sold" }]);
      expect((await labs(workspace, "run", "shop")).code).toBe(0);
      expect(await query(databaseOf(workspace, "shop"), "select count(*)::int as n from main.large")).toEqual([
        { n: 240_000 },
      ]);
    },
  );
});
