import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  databaseOf,
  finish,
  json,
  labs,
  printed,
  query,
  smallWorkspace,
  snapshot,
  start,
  write,
} from "./testing/harness.ts";

const model = { "models/one.sql": "select 1 as id" };
/** Keeps a lab busy for some seconds without a timer: counting takes the time it takes. */
const slow = "select count(*) as n from range(200000) a, range(60000) b where (a.range * b.range) % 7 = 3";
const profile = (name: string, output: string) =>
  `${name}:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n${output.replace(/^/gm, "      ")}\n`;

describe("another lab's database", () => {
  it.each([
    ["the path of a profile", { "profiles.yml": profile("taker", "path: ../../giver/data/giver.duckdb") }],
    [
      "the path of a profile, by a detour",
      { "profiles.yml": profile("taker", "path: ../../taker/../giver/data/./giver.duckdb") },
    ],
    [
      "an attachment of a profile",
      {
        "profiles.yml": profile(
          "taker",
          "path: x.duckdb\nattach:\n  - path: ../../giver/data/giver.duckdb\n    alias: g",
        ),
      },
    ],
    [
      "the profile in the lab's .dbt folder",
      { "../.dbt/profiles.yml": profile("taker", "path: ../../giver/data/giver.duckdb") },
    ],
  ])("is refused as %s before anything runs", async (name, files) => {
    const workspace = smallWorkspace({
      giver: model,
      taker: { ...model, ...files, "../data/raw/sold.csv": "id\n1\n" },
    });
    expect((await labs(workspace, "run", "giver")).code).toBe(0);
    const before = readFileSync(databaseOf(workspace, "giver"));
    // Every way to a run asks the same guard; the first case tries them all.
    const ways = [
      ["run", "taker"],
      ["test", "taker"],
      ["dbt", "--lab", "taker", "run"],
      ["run", "taker", "--dry-run"],
    ];
    for (const words of name === "the path of a profile" ? ways : ways.slice(0, 1)) {
      const { code, stdout, stderr } = await labs(workspace, ...words);
      expect({ words, code, text: stdout + stderr }).toMatchObject({
        code: 2,
        text: expect.stringMatching(/(?=[^]*REG-013)[^]*profiles\.yml:\d+:\d+\n[^]*fix: /),
      });
    }
    expect(readFileSync(databaseOf(workspace, "giver")).equals(before)).toBe(true);
    // Nothing of the taker's own either.
    if (existsSync(databaseOf(workspace, "taker")))
      expect(
        await query(
          databaseOf(workspace, "taker"),
          "select table_name from information_schema.tables where table_schema not like '\\_%' escape '\\'",
        ),
      ).toEqual([]);
  });

  it.each([
    [
      "a hook",
      {
        "dbt_project.yml": `name: taker\nversion: "1.0"\nprofile: taker\non-run-start: "attach '../../giver/data/giver.duckdb' as g"\n`,
        "models/one.sql": "select 1 as id",
      },
    ],
    [
      "a model",
      {
        "models/one.sql": `{{ config(pre_hook="attach if not exists '../../giver/data/giver.duckdb' as g") }} select 1 as id`,
      },
    ],
    [
      "a macro",
      { "models/one.sql": `{% do run_query("ATTACH '../../giver/data/giver.duckdb' AS g") %} select 1 as id` },
    ],
    [
      "a COPY",
      {
        "models/one.sql": `{{ config(pre_hook="copy (select 1) to '../../giver/data/giver.duckdb'") }} select 1 as id`,
      },
    ],
  ])("is refused when %s names it", async (_, files) => {
    const workspace = smallWorkspace({ giver: model, taker: files });
    expect((await labs(workspace, "run", "giver")).code).toBe(0);
    const before = readFileSync(databaseOf(workspace, "giver"));
    const { code, stdout, stderr } = await labs(workspace, "run", "taker");
    expect({ code: code === 0, text: stdout + stderr }).toMatchObject({
      code: false,
      text: expect.stringMatching(/database of the lab giver/),
    });
    expect(readFileSync(databaseOf(workspace, "giver")).equals(before)).toBe(true);
  });

  it("may be read when it is attached read-only", async () => {
    const workspace = smallWorkspace({
      giver: model,
      taker: {
        "models/copied.sql": "select * from g.main.one",
        "profiles.yml": profile(
          "taker",
          "path: x.duckdb\nattach:\n  - path: ../../giver/data/giver.duckdb\n    alias: g\n    read_only: true",
        ),
      },
    });
    expect((await labs(workspace, "run", "giver", "taker", "-j", "1")).code).toBe(0);
    expect(await query(databaseOf(workspace, "taker"), "select id from main.copied")).toEqual([{ id: 1 }]);
  });

  it("cannot be given to two labs", async () => {
    const workspace = smallWorkspace({ giver: model, taker: model });
    write(workspace, {
      "shared/config/labs_config.yaml": "labs:\n  giver: {}\n  taker:\n    db_path: giver/data/giver.duckdb\n",
    });
    for (const words of [
      ["run", "taker"],
      ["ingest", "taker"],
      ["test", "taker"],
      ["dbt", "--lab", "taker", "build"],
    ]) {
      const { code, stdout, stderr } = await labs(workspace, ...words);
      expect({ words, code, text: stdout + stderr }).toMatchObject({
        code: 2,
        text: expect.stringMatching(/REG-019[^]*labs_config\.yaml:3/),
      });
    }
  });
});

describe("a profile of the lab's own", () => {
  it("gives name, schema, threads and settings, and the registry the database", async () => {
    const workspace = smallWorkspace({
      shop: {
        "profiles.yml": profile(
          "shop",
          "path: elsewhere.duckdb\nschema: shown\nthreads: 3\nsettings:\n  integer_division: true",
        ).replace(/dev/g, "staff"),
        "models/one.sql":
          "select '{{ target.name }}' as name, '{{ target.schema }}' as schema, {{ target.threads }} as threads, 7 / 2 as half",
      },
    });
    expect((await labs(workspace, "run", "shop")).code).toBe(0);
    expect(
      await query(databaseOf(workspace, "shop"), "select name, schema, threads, half::varchar as half from shown.one"),
    ).toEqual([{ name: "staff", schema: "shown", threads: 3, half: "3" }]);
    expect(existsSync(join(workspace, "shop/dbt/elsewhere.duckdb"))).toBe(false);
    expect(readFileSync(join(workspace, "shop/dbt/profiles.yml"), "utf8")).toContain("elsewhere.duckdb");
  });

  it("is looked for in DBT_PROFILES_DIR first", async () => {
    const workspace = smallWorkspace({
      shop: {
        "profiles.yml": profile("shop", "path: x.duckdb\nschema: nearby"),
        "../../own/profiles.yml": profile("shop", "path: x.duckdb\nschema: chosen"),
        ...model,
      },
    });
    const child = start(["run", "shop"], { cwd: workspace, env: { DBT_PROFILES_DIR: join(workspace, "own") } });
    expect((await finish(child)).code).toBe(0);
    expect(await query(databaseOf(workspace, "shop"), "select id from chosen.one")).toEqual([{ id: 1 }]);
  });
});

describe("two commands at once", () => {
  it("on one lab: the second says who holds it and waits; with --no-wait it ends at once with 1", async () => {
    const workspace = smallWorkspace({ shop: { "models/slow.sql": slow } });
    const first = start(["run", "shop"], { cwd: workspace });
    const ended = finish(first);
    await printed(first, "✓ load");
    const refused = await labs(workspace, "run", "shop", "--no-wait");
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        new RegExp(`error\\[REG-014\\].* held by pid ${first.pid} \\(.+\\) since .+: labs run shop`),
      ),
    });
    expect((await json(workspace, "run", "shop", "--no-wait")).document).toMatchObject({
      error: { code: "REG-014", retryable: true, data: { holder: { pid: first.pid } } },
    });
    expect((await labs(workspace, "status")).stdout).toContain("labs run shop");
    const second = start(["test", "shop"], { cwd: workspace });
    const after = finish(second);
    await printed(second, new RegExp(`waiting: .*held by pid ${first.pid} `));
    first.kill("SIGINT");
    expect((await ended).code).toBe(130);
    expect((await after).code).toBe(0);
  });

  it("on two labs: both run, neither waits", async () => {
    const workspace = smallWorkspace({ one: { "models/slow.sql": slow }, two: { "models/slow.sql": slow } });
    const first = start(["run", "one"], { cwd: workspace });
    const second = start(["run", "two"], { cwd: workspace });
    const ends = Promise.all([finish(first), finish(second)]);
    await Promise.all([printed(first, "✓ load"), printed(second, "✓ load")]);
    first.kill("SIGINT");
    second.kill("SIGINT");
    for (const { code, stderr } of await ends) {
      expect(code).toBe(130);
      expect(stderr).not.toContain("waiting");
    }
  });

  it("in one command: labs run side by side, and one that is held does not stop the others", async () => {
    const workspace = smallWorkspace({ held: { "models/slow.sql": slow }, free: model });
    const holder = start(["run", "held"], { cwd: workspace });
    const ended = finish(holder);
    await printed(holder, "✓ load");
    const { code, document } = await json(workspace, "run", "--all", "--no-wait");
    expect({ code, labs: document.labs }).toMatchObject({
      code: 1,
      labs: [
        { lab: "held", status: "failed", error: { code: "REG-014" } },
        { lab: "free", status: "ok" },
      ],
    });
    holder.kill("SIGINT");
    await ended;
    expect(Object.keys(snapshot(workspace)).filter((path) => path.endsWith(".holder.json"))).toEqual([]);
  });
});
