import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isLabsError } from "#errors/index.ts";
import { openTarget } from "./adapter/index.ts";
import { openProject } from "./open-project.ts";
import type { Target } from "./1-read/types.ts";
import { parseError, writeProject, type Files } from "./testing/project.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/engine/differences.md"), "utf8");

/** The second column of the table under a heading. */
function messages(heading: string): string[] {
  const section = page.split(`## ${heading}`)[1]?.split("\n## ")[0] ?? "";
  return [...section.matchAll(/^\| [^|]+ \| `([^|]+)` \|/gm)].map((m) => m[1] ?? "");
}

async function messageOf(body: () => unknown): Promise<string> {
  try {
    await body();
  } catch (error) {
    if (isLabsError(error)) return error.message;
    throw error;
  }
  return "no error";
}

const profile = (more: string): string =>
  `shop: {target: dev, outputs: {dev: {type: duckdb, path: ":memory:", ${more}}}}`;

/** Builds a project with a profile of its own and answers what went wrong: with the command, or with its first failed node. */
async function run(files: Files, more = "threads: 1"): Promise<string> {
  const folder = writeProject({ "profiles.yml": profile(more), "models/m.sql": "select 1 as id", ...files });
  let failed: string | undefined;
  const thrown = await messageOf(async () => {
    const { results } = await openProject(folder, { profilesDir: folder }).run("build");
    failed = results.find((r) => r.status === "error")?.message ?? undefined;
  });
  // A node's message has dbt's headline in its first line.
  return failed === undefined ? thrown : failed.split("\n").slice(1).join("\n").trim();
}

const refusals: Record<string, () => Promise<string>> = {
  "The OSI document": async () => parseError({ "osi/sub/o.json": "{}" }).message,
  "The target 'dev' uses the plugin": () => run({}, "plugins: [{module: gsheet}]"),
  "The target 'dev' uses fsspec filesystems": () => run({}, "filesystems: [{fs: s3}]"),
  "The target 'dev' runs on a remote Buena Vista server": () => run({}, "remote: {host: x, port: 1, user: me}"),
  "The target 'dev' is a MotherDuck database": () =>
    messageOf(() =>
      openTarget({ targetName: "dev", path: "md:x", raw: {}, plugins: [] } as unknown as Target, { projectDir: "." }),
    ),
  "to_csv() of a table cannot write files here": () =>
    run({ "models/t.sql": "{% if execute %}{% do run_query('select 1').to_csv('x.csv') %}{% endif %} select 1" }),
};

describe("docs/engine/differences.md", () => {
  test("lists exactly what the tests below provoke", () => {
    expect(messages("Refused, with a clear error").sort()).toEqual(Object.keys(refusals).sort());
  });

  test.each(Object.entries(refusals))("%s …", async (beginning, provoke) => {
    const message = await provoke();
    expect(message.slice(0, beginning.length)).toBe(beginning);
  });

  test("names the files that a run does not write", async () => {
    const folder = writeProject({ "profiles.yml": profile("threads: 1"), "models/m.sql": "select 1 as id" });
    const { success } = await openProject(folder, { profilesDir: folder }).run("build");
    expect(success).toBe(true);
    const written = readdirSync(join(folder, "target"));
    expect(written).toContain("manifest.json");
    for (const file of ["graph.gpickle", "partial_parse.msgpack", "perf_info.json", "osi_document.json"]) {
      expect(page).toContain(`\`${file}\``);
      expect(existsSync(join(folder, "target", file))).toBe(false);
    }
  });

  test("says what Jinja does not know", () => {
    const readme = readFileSync(join(import.meta.dirname, "../jinja/README.md"), "utf8");
    expect(readme).toContain("Known differences: complex numbers");
    expect(page).toContain("No complex numbers");
  });
});
