import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildGraph } from "../4-select/index.ts";
import { node, testManifest } from "../4-select/test-manifest.ts";
import type { RunResult } from "../manifest/types.ts";
import {
  buildCatalog,
  type CatalogRow,
  catalogArtifact,
  graphSummary,
  loadPreviousState,
  writeManifest,
  writeRunResults,
  writeSources,
} from "./index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "artifacts-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const manifest = testManifest(
  node("source", "orders", [], { unique_id: "source.p.raw.orders" }),
  node("model", "Fct", ["source.p.raw.orders"]),
  node("test", "t", ["model.p.Fct"]),
);
const read = (name: string) => readFileSync(join(folder, name), "utf8");
const result: RunResult = {
  unique_id: "model.p.Fct",
  status: "success",
  timing: [{ name: "compile", started_at: "2026-01-01T00:00:00.000000Z", completed_at: null }],
  thread_id: "Thread-1 (worker)",
  execution_time: 2,
  adapter_response: { _message: "OK" },
  message: "OK",
  failures: null,
  compiled: true,
  compiled_code: "select 1",
  relation_name: '"db"."main"."Fct"',
  batch_results: null,
};

test("run results carry the flags, without secrets", () => {
  const args = {
    which: "run",
    vars: { DBT_ENV_SECRET_TOKEN: "hush", x: 1 },
    invocation_command: "dbt run --vars '{DBT_ENV_SECRET_TOKEN: hush}'",
  };
  writeRunResults(folder, { metadata: manifest.metadata, results: [result], elapsedTime: 3, args });
  const text = read("run_results.json");
  expect(text).not.toContain("hush");
  expect(text).toContain('"execution_time":2.0');
  expect(text).toContain('"elapsed_time":3.0');
  const file = JSON.parse(text);
  expect(Object.keys(file)).toEqual(["metadata", "results", "elapsed_time", "args"]);
  expect(file.metadata.dbt_schema_version).toMatch(/run-results\/v6\.json$/);
  expect(file.results[0]).toEqual({ ...result, overload_results: null });
  expect(file.args.vars).toEqual({ DBT_ENV_SECRET_TOKEN: "*****", x: 1 });
});

test("files are replaced as a whole and leave nothing behind", () => {
  writeManifest(folder, manifest);
  writeManifest(folder, manifest);
  expect(readdirSync(folder)).toEqual(["manifest.json"]);
  writeFileSync(join(folder, "blocked"), "");
  expect(() => writeManifest(join(folder, "blocked"), manifest)).toThrow(/Cannot write/);
});

test("what was written is read back as the previous state", () => {
  const none = loadPreviousState("state", { projectRoot: folder, targetFolder: "target" });
  expect([none.manifest, none.results, none.sources, none.messages]).toEqual([undefined, undefined, undefined, []]);
  writeManifest(join(folder, "state"), manifest);
  writeRunResults(join(folder, "state"), { metadata: manifest.metadata, results: [result], elapsedTime: 1, args: {} });
  const freshness = {
    unique_id: "source.p.raw.orders",
    status: "pass" as const,
    max_loaded_at: "2026-01-01T00:00:00Z",
    snapshotted_at: "2026-01-01T00:00:01Z",
    max_loaded_at_time_ago_in_s: 1,
    criteria: {},
    adapter_response: {},
    timing: [],
    thread_id: "Thread-1",
    execution_time: 0.5,
  };
  const broken = { unique_id: "source.p.raw.x", status: "runtime error" as const, error: "no table" };
  writeSources(join(folder, "target", "sources.json"), {
    metadata: manifest.metadata,
    results: [freshness, broken],
    elapsedTime: 1,
  });
  const state = loadPreviousState("state", { projectRoot: folder, targetFolder: "target" });
  expect(Object.keys(state.manifest?.nodes ?? {})).toEqual(["model.p.Fct", "test.p.t"]);
  expect(state.results?.[0]?.status).toBe("success");
  expect(state.sources).toBeUndefined();
  expect(state.sourcesCurrent).toEqual([freshness]);
  const same = loadPreviousState("target", { projectRoot: folder, targetFolder: "target" });
  expect(same.messages[0]).toMatchObject({ name: "WarnStateTargetEqual", code: "I072" });
});

test("older manifests are brought up to date, what cannot be read is refused", () => {
  const at = { projectRoot: folder, targetFolder: "target" };
  const write = (version: string, more: object) =>
    writeFileSync(
      join(folder, "manifest.json"),
      JSON.stringify({ metadata: { dbt_schema_version: `https://schemas.getdbt.com/dbt/${version}.json` }, ...more }),
    );
  write("manifest/v7", { nodes: { "model.p.a": { raw_sql: "select 1", refs: [["b"], ["pkg", "c"]] } } });
  expect(loadPreviousState(".", at).manifest).toMatchObject({
    unit_tests: {},
    nodes: {
      "model.p.a": {
        raw_code: "select 1",
        refs: [
          { name: "b", package: null, version: null },
          { name: "c", package: "pkg", version: null },
        ],
      },
    },
  });
  write("manifest/v99", {});
  expect(() => loadPreviousState(".", at)).toThrow(/Expected a schema version of .*v12.* but found .*v99/);
  writeFileSync(join(folder, "manifest.json"), "{");
  expect(() => loadPreviousState(".", at)).toThrow(/Could not read .*manifest.json as JSON/);
  const python =
    '{"metadata": {"dbt_schema_version": "x/dbt/manifest/v12.json"}, "nodes": {"a": {"n": NaN, "s": "NaN"}}}';
  writeFileSync(join(folder, "manifest.json"), python);
  expect(loadPreviousState(".", at).manifest?.nodes.a).toMatchObject({ n: null, s: "NaN" });
});

test("the catalog holds the relations of nodes and sources, with their columns in order", () => {
  const row = (name: string, column: string, index: number): CatalogRow => ({
    table_database: "DB",
    table_schema: "main",
    table_name: name,
    table_type: "VIEW",
    column_name: column,
    column_index: index,
    column_type: "INTEGER",
    ...(name === "fct" ? { "stats:rows:label": "Rows", "stats:rows:value": 3, "stats:rows:include": true } : {}),
  });
  const rows = [row("fct", "id", 1), row("fct", "day", 2), row("orders", "id", 1), row("stranger", "id", 1)];
  const catalog = buildCatalog(rows, manifest);
  expect(Object.keys(catalog.nodes)).toEqual(["model.p.Fct"]);
  expect(Object.keys(catalog.sources)).toEqual(["source.p.raw.orders"]);
  expect(catalog.nodes["model.p.Fct"]).toMatchObject({
    unique_id: "model.p.Fct",
    metadata: { name: "fct", type: "VIEW", comment: null, owner: null },
    columns: { id: { index: 1 }, day: { index: 2, name: "day", type: "INTEGER", comment: null } },
    stats: { rows: { value: 3 }, has_stats: { value: true } },
  });
  expect(buildCatalog(rows, manifest, new Set(["model.p.Fct"])).sources).toEqual({});
  const artifact = catalogArtifact({ metadata: manifest.metadata, catalog, errors: [] });
  expect(Object.keys(artifact)).toEqual(["metadata", "nodes", "sources", "errors"]);
  expect(artifact.errors).toBeNull();
});

test("the graph summary numbers the nodes", () => {
  expect(graphSummary(manifest, buildGraph(manifest)).linked).toEqual({
    0: { name: "source.p.raw.orders", type: "source", succ: [1] },
    1: { name: "model.p.Fct", type: "model", succ: [2] },
    2: { name: "test.p.t", type: "test" },
  });
});

test("a target folder is made when it is missing", () => {
  mkdirSync(join(folder, "deep"));
  writeManifest(join(folder, "deep", "er", "target"), manifest);
  expect(existsSync(join(folder, "deep", "er", "target", "manifest.json"))).toBe(true);
});
