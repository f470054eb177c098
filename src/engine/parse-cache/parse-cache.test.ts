import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { targetForDatabase } from "../1-read/index.ts";
import type { EngineEvent } from "../events.ts";
import type { Flags } from "../flags.ts";
import type { Manifest } from "../manifest/types.ts";
import { openProject } from "../open-project.ts";
import { type Files, writeProject } from "../testing/project.ts";

/** A project whose parse is kept. */
function project(files: Files) {
  const folder = writeProject(files);
  const env: NodeJS.ProcessEnv = { LABS_PARTIAL_PARSE: "sources" };
  const asked = {
    database: join(folder, "shop.duckdb"),
    projectDir: folder,
    profilesDirs: [],
    fallbackName: "dev",
    env,
  };
  const target = targetForDatabase(asked);
  const kept = join(folder, "target", "partial_parse");
  return {
    folder,
    env,
    kept,
    write(path: string, text: string): void {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    },
    /** The id of what is kept: another one after another parse. */
    id(): string | undefined {
      const file = join(kept, "state.json");
      return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { id: string }).id : undefined;
    },
    async parse(flags: Partial<Flags> = {}) {
      const events: EngineEvent[] = [];
      const opened = openProject(folder, { target, env, onEvent: (event) => events.push(event) });
      const { manifest } = await opened.run("parse", flags);
      const messages = events.flatMap((event) => (event.type === "message" ? [event.text] : []));
      const counts = events.flatMap((event) => (event.type === "parsed" ? [event.counts] : []));
      return { manifest: manifest as Manifest, messages, counts, file: manifestFile(folder) };
    },
  };
}

const manifestFile = (folder: string): unknown =>
  JSON.parse(readFileSync(join(folder, "target", "manifest.json"), "utf8"));

/** Without what differs between two parses of the same thing. */
function lasting(value: unknown): unknown {
  const times = new Set(["generated_at", "invocation_id", "invocation_started_at", "run_started_at", "created_at"]);
  return JSON.parse(
    JSON.stringify(value, (key, item: unknown) =>
      times.has(key) ? 0 : typeof item === "bigint" ? String(item) : item,
    ),
  );
}

/** All that is the project's: what built-in macros depend on is found when somebody writes it. */
const own = (manifest: Manifest): Record<string, unknown> => ({
  ...manifest,
  macros: Object.values(manifest.macros).filter((macro) => macro.package_name === "shop"),
});
const textOf = (manifest: Manifest, section: string): string => JSON.stringify(lasting(own(manifest)[section]));

const shop: Files = {
  "dbt_project.yml": `name: shop
profile: shop
models: {shop: {+meta: {weight: 1.0, since: 2024-05-06, at: 2024-05-06 07:08:09, many: 123456789012345678901}}}
seeds: {shop: {+quote_columns: true}}
on-run-end: ["select 1"]
`,
  "macros/m.sql":
    "{% macro twice(x) %}{{ x }} * 2{% endmacro %}\n{% test positive(model, column_name, least=0) %}select 1 where false{% endtest %}",
  "macros/m.yml": "macros: [{name: twice, description: doubles, arguments: [{name: x, type: int}]}]",
  "models/a.sql": "\n\n{{ config(materialized='table', tags=['x']) }}\nselect {{ twice(1) }} as id",
  "models/b.sql": "select * from {{ ref('a') }}",
  "models/off.sql": "{{ config(enabled=false) }}select 1",
  "models/s.yml": `models:
  - name: a
    description: "{{ doc('about') }}"
    columns: [{name: id, data_type: int, data_tests: [unique, positive: {arguments: {least: 0.5}}]}]
sources: [{name: raw, tables: [{name: t, freshness: {warn_after: {count: 1, period: day}}}]}]
exposures: [{name: board, type: dashboard, owner: {email: a@example.com}, depends_on: [ref('b')]}]
unit_tests: [{name: u, model: b, given: [{input: ref('a'), rows: [{id: 1}]}], expect: {rows: [{id: 1}]}}]
`,
  "models/d.md": "{% docs about %}All of them{% enddocs %}",
  "seeds/places.csv": "id,name\n1,x\n",
  "tests/t.sql": "select 1 from {{ ref('b') }} where false",
};

describe("a kept parse", () => {
  test("stands for a parse of the same files: manifest, nodes as templates see them, counts", async () => {
    const { parse, id } = project(shop);
    const first = await parse();
    const kept = id();
    expect(kept).toBeDefined();
    const again = await parse();
    expect(id()).toBe(kept);
    expect(lasting(again.file)).toEqual(lasting(first.file));
    expect(again.counts).toEqual(first.counts);
    // Also the order of keys, and what JSON has no word for.
    for (const section of Object.keys(own(first.manifest)))
      expect(textOf(again.manifest, section), section).toBe(textOf(first.manifest, section));
    const values = (manifest: Manifest) =>
      Object.values(manifest.nodes["model.shop.a"]?.config.meta as object).map((v) => [
        v?.constructor?.name,
        String(v),
      ]);
    expect(values(again.manifest)).toEqual(values(first.manifest));
    const metadata = (file: unknown) => (file as { metadata: { invocation_id: string } }).metadata.invocation_id;
    expect(metadata(again.file)).not.toBe(metadata(first.file));
  });

  test.each<[string, (own: ReturnType<typeof project>) => void]>([
    ["a model", ({ write }) => write("models/b.sql", "select 1 as id")],
    ["a model to one of the same length", ({ write }) => write("models/b.sql", "select 2 from {{ ref('a') }}")],
    ["a new model", ({ write }) => write("models/c.sql", "select 1 as id")],
    ["a removed model", ({ folder }) => rmSync(join(folder, "tests/t.sql"))],
    ["properties", ({ write }) => write("models/s.yml", "models: [{name: a}]")],
    [
      "a macro",
      ({ write }) =>
        write(
          "macros/m.sql",
          "{% macro twice(x) %}3{% endmacro %}{% test positive(model, column_name, least=0) %}select 1{% endtest %}",
        ),
    ],
    ["documentation", ({ write }) => write("models/d.md", "{% docs about %}None{% enddocs %}")],
    ["a seed", ({ write }) => write("seeds/places.csv", "id,name\n2,x\n")],
    ["the project file", ({ write }) => write("dbt_project.yml", "name: shop\nprofile: shop\n")],
  ])("gives way to %s", async (_what, change) => {
    const own = project(shop);
    await own.parse();
    const kept = own.id();
    change(own);
    const changed = await own.parse();
    expect(own.id()).not.toBe(kept);
    const anew = await own.parse({ partialParse: false });
    expect(lasting(changed.file)).toEqual(lasting(anew.file));
  });

  test("knows which vars and environment variables the templates asked for", async () => {
    const own = project({
      "models/a.sql": "{{ config(alias=env_var('NAME', 'none')) }}select {{ var('v', 1) }}",
    });
    const alias = async (flags?: Partial<Flags>) => (await own.parse(flags)).manifest.nodes["model.shop.a"]?.alias;
    expect(await alias()).toBe("none");
    const kept = own.id();
    own.env.OTHER = "1";
    expect([await alias(), own.id()]).toEqual(["none", kept]);
    own.env.NAME = "given";
    expect(await alias()).toBe("given");
    expect(own.id()).not.toBe(kept);
    const text = readFileSync(join(own.kept, "state.json"), "utf8");
    expect(text).not.toContain('"given"');
    const second = own.id();
    await own.parse({ vars: { v: 2 } });
    expect(own.id()).not.toBe(second);
  });

  test("of a model that asks for the time holds while it refers to the same", async () => {
    const own = project({
      "models/a.sql": "select 1",
      "models/b.sql": "select '{{ run_started_at }}' from {{ ref('a') }}",
      "models/c.sql": "{{ config(alias='c_' ~ invocation_id[:8]) }}select 1",
    });
    const first = await own.parse();
    const second = await own.parse();
    expect(second.manifest.nodes["model.shop.c"]?.alias).not.toBe(first.manifest.nodes["model.shop.c"]?.alias);
    rmSync(join(own.folder, "models/c.sql"));
    await own.parse();
    const kept = own.id();
    await own.parse();
    expect(own.id()).toBe(kept);
  });

  test("says again what templates log and what the parse warned about", async () => {
    const own = project({
      "models/a.sql": "{{ log('hello', info=true) }}select 1",
      "models/s.yml": "models: [{name: nobody}]",
    });
    const first = await own.parse();
    expect(first.messages.filter((text) => text === "hello")).toHaveLength(1);
    expect(first.messages.some((text) => text.includes("nobody"))).toBe(true);
    const kept = own.id();
    expect(kept).toBeDefined();
    expect((await own.parse()).messages.toSorted()).toEqual(first.messages.toSorted());
    expect(own.id()).toBe(kept);
  });

  test("is not made of what holds for one invocation alone, nor when switched off", async () => {
    const flags = project({
      "macros/g.sql":
        "{% macro generate_alias_name(custom_alias_name=none, node=none) %}{{ node.name ~ flags.WHICH }}{% endmacro %}",
      "models/a.sql": "select 1",
    });
    await flags.parse();
    expect(flags.id()).toBeUndefined();
    const off = project(shop);
    await off.parse({ partialParse: false });
    await off.parse({ writeJson: false });
    expect(off.id()).toBeUndefined();
  });

  test.each<[string, (kept: string) => void]>([
    ["was cut short", (kept) => truncateSync(fileIn(kept, "manifest.json"), 1000)],
    ["was written over", (kept) => writeFileSync(join(kept, "..", "manifest.json"), '{"metadata":{}}')],
    ["has no extras", (kept) => rmSync(fileIn(kept, "extras.json"))],
    ["has broken extras", (kept) => writeFileSync(fileIn(kept, "extras.json"), "{")],
    ["has a broken state", (kept) => writeFileSync(join(kept, "state.json"), "{")],
    ["is gone", (kept) => rmSync(kept, { recursive: true })],
  ])("that %s is made anew", async (_what, damage) => {
    const { parse, kept } = project(shop);
    const first = await parse();
    damage(kept);
    const again = await parse();
    expect(lasting(again.file)).toEqual(lasting(first.file));
    expect(lasting(own(again.manifest))).toEqual(lasting(own(first.manifest)));
  });
});

test("several processes at once keep their parses without a failure", async () => {
  const { folder, parse } = project(shop);
  const first = await parse({ partialParse: false });
  const script = `
    import { openProject } from ${JSON.stringify(join(import.meta.dirname, "../index.ts"))};
    const folder = ${JSON.stringify(folder)};
    for (let i = 0; i < 8; i++) await openProject(folder, { profilesDir: folder }).run("parse", { vars: { v: Math.random() } });
  `;
  writeFileSync(
    join(folder, "profiles.yml"),
    "shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb}}}\n",
  );
  const ends = Array.from({ length: 3 }, () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      env: { ...process.env, LABS_PARTIAL_PARSE: "sources" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (text: Buffer) => (said += text.toString()));
    return new Promise<string>((resolve) => child.once("close", (code) => resolve(code === 0 ? "" : said)));
  });
  expect(await Promise.all(ends)).toEqual(["", "", ""]);
  expect(lasting((manifestFile(folder) as { nodes: unknown }).nodes)).toEqual(
    lasting((first.file as { nodes: unknown }).nodes),
  );
});

function fileIn(kept: string, ending: string): string {
  const name = readdirSync(kept).find((file) => file.endsWith(ending));
  if (name === undefined) throw new Error(`${kept} has no ${ending}`);
  return join(kept, name);
}
