import { expect, test } from "vitest";
import { addTestEdges, buildGraph, selectNodes, splitUnitTests } from "./index.ts";
import type { SelectOptions } from "./select.ts";
import { node, testManifest } from "./test-manifest.ts";

const manifest = testManifest(
  node("source", "orders", [], { unique_id: "source.p.raw.orders", fqn: ["p", "raw", "orders"], freshness: null }),
  node("seed", "countries", [], { original_file_path: "seeds/countries.csv", raw_code: "" }),
  node("model", "stg_orders", ["source.p.raw.orders"], {
    fqn: ["p", "staging", "stg_orders"],
    original_file_path: "models/staging/stg_orders.sql",
    tags: ["nightly"],
    config: { enabled: true, materialized: "view", meta: { owner: "amy" }, tags: ["nightly"] },
  }),
  node("model", "fct", ["model.p.stg_orders", "seed.p.countries"], {
    access: "public",
    group: "fin",
    config: { enabled: true, materialized: "table", group: "fin", unique_key: ["id", "day"] },
    patch_path: "p://models/schema.yml",
  }),
  node("model", "report.v2", ["model.p.fct"], { fqn: ["p", "report", "v2"], version: 2, latest_version: 3 }),
  node("model", "blank", [], { raw_code: " \n" }),
  node("model", "other", [], { package_name: "pkg", unique_id: "model.pkg.other", fqn: ["pkg", "other"] }),
  node("test", "not_null_fct", ["model.p.fct"], { test_metadata: { name: "not_null", kwargs: {}, namespace: null } }),
  node("test", "rel", ["model.p.fct", "seed.p.countries"], { test_metadata: { name: "relationships", kwargs: {} } }),
  node("test", "single", ["model.p.stg_orders"]),
  node("unit_test", "ut", ["model.p.fct"], { fqn: ["p", "fct", "ut"] }),
  node("exposure", "dash", ["model.p.fct"]),
);
const graph = buildGraph(manifest);

function select(select: string | string[], options: SelectOptions = {}): string[] {
  const specs = Array.isArray(select) ? select : [select];
  const { selected } = selectNodes(manifest, graph, { select: specs, ...options });
  return [...selected].map((id) => id.replace(/^(\w+\.)p\./, "$1")).sort();
}
const empty: SelectOptions = { indirectSelection: "empty" };

test.each([
  ["stg_orders", ["model.stg_orders"]],
  ["staging", ["model.stg_orders"]],
  ["p.staging.*", ["model.stg_orders"]],
  ["report", ["model.report.v2"]],
  ["report.v2", ["model.report.v2"]],
  ["report_v2", ["model.report.v2"]],
  ["tag:night*", ["model.stg_orders"]],
  ["source:raw", ["source.raw.orders"]],
  ["source:p.raw.ord*", ["source.raw.orders"]],
  ["path:models/staging", ["model.stg_orders"]],
  ["path:models/**/stg_*.sql", ["model.stg_orders"]],
  ["path:models/schema.yml", ["model.fct"]],
  ["file:countries", ["seed.countries"]],
  ["countries.csv", ["seed.countries"]],
  ["package:pkg", ["model.pkg.other"]],
  ["config.materialized:table", ["model.fct"]],
  ["config.meta.owner:amy", ["model.stg_orders"]],
  ["config.unique_key:day", ["model.fct"]],
  ["access:public", ["model.fct"]],
  ["group:f*", ["model.fct"]],
  ["test_name:not_null", ["test.not_null_fct"]],
  ["test_type:singular", ["test.single"]],
  ["test_type:unit", ["unit_test.ut"]],
  ["unit_test:ut", ["unit_test.ut"]],
  ["resource_type:seed", ["seed.countries"]],
  ["exposure:dash", ["exposure.dash"]],
  ["version:old", ["model.report.v2"]],
  ["+fct,package:this", ["model.fct", "model.stg_orders", "seed.countries", "source.raw.orders", "unit_test.ut"]],
  ["1+fct", ["model.fct", "model.stg_orders", "seed.countries", "unit_test.ut"]],
  ["fct+1,resource_type:model", ["model.fct", "model.report.v2"]],
  ["@countries,resource_type:model", ["model.fct", "model.report.v2", "model.stg_orders"]],
])("%s", (spec, expected) => {
  expect(select(spec, empty)).toEqual(expected);
});

test("a path of a package counts only where the root project has it too", () => {
  expect(select("path:models/other.sql", empty)).toEqual([]);
  const asked: string[] = [];
  const pathExists = (path: string) => asked.push(path) > 0;
  expect(select("path:models/other.sql", { ...empty, pathExists })).toEqual(["model.pkg.other"]);
  expect(asked).toEqual(["models/other.sql"]);
});

test("indirect selection", () => {
  const tests = (mode: SelectOptions["indirectSelection"], spec = "fct") =>
    select(spec, { indirectSelection: mode }).filter((id) => /test/.test(id));
  expect(tests("eager")).toEqual(["test.not_null_fct", "test.rel", "unit_test.ut"]);
  expect(tests("cautious")).toEqual(["test.not_null_fct", "unit_test.ut"]);
  expect(tests("buildable")).toEqual(["test.not_null_fct", "test.rel", "unit_test.ut"]);
  // The fqn of a unit test starts with its model's name, so the name itself matches it.
  expect(tests("empty")).toEqual(["unit_test.ut"]);
  expect(tests("empty", "seed.x countries")).toEqual([]);
  expect(tests("cautious", "fct countries")).toEqual(["test.not_null_fct", "test.rel", "unit_test.ut"]);
});

test("what a command takes", () => {
  const of = (command: NonNullable<SelectOptions["command"]>, more: SelectOptions = {}) =>
    [...selectNodes(manifest, graph, { command, ...more }).selected].sort();
  expect(of("run")).toEqual(["model.p.fct", "model.p.report.v2", "model.p.stg_orders", "model.pkg.other"]);
  expect(of("seed")).toEqual(["seed.p.countries"]);
  expect(of("test")).toEqual(["test.p.not_null_fct", "test.p.rel", "test.p.single", "unit_test.p.ut"]);
  expect(of("test", { excludeResourceTypes: ["unit_test"] })).toHaveLength(3);
  expect(of("test", { resourceTypes: ["model"] })).toEqual([]);
  expect(of("list")).toContain("model.p.blank");
  expect(of("list", { resourceTypes: ["source"] })).toEqual(["source.p.raw.orders"]);
  expect(of("source freshness")).toEqual([]);
  expect(of("build", { resourceTypes: ["all"], excludeResourceTypes: ["test", "unit_test"] })).toContain(
    "exposure.p.dash",
  );
});

test("exclude wins, and a criterion that matches nothing is reported once", () => {
  expect(select("+fct", { exclude: ["stg_orders+"], indirectSelection: "empty" })).toEqual([
    "seed.countries",
    "source.raw.orders",
  ]);
  const { warnings } = selectNodes(manifest, graph, { select: ["nope nope", "fct"] });
  expect(warnings).toEqual([
    {
      level: "warn",
      name: "NoNodesForSelectionCriteria",
      code: "M030",
      text: "The selection criterion 'nope' does not match any enabled nodes",
      data: { spec_raw: "nope" },
    },
  ]);
});

test("bad expressions are errors that say what to write", () => {
  expect(() => select("source:a.b.c.d")).toThrow(/Invalid source selector value/);
  expect(() => select("test_type:odd")).toThrow(/Invalid test type selector odd/);
  expect(() => select("resource_type:odd")).toThrow(/Invalid resource_type selector/);
  expect(() => select("state:modified")).toThrow(/no comparison manifest/);
  expect(() => select("result:error")).toThrow(/No comparison run_results/);
  expect(() => select("path:/abs")).toThrow(/absolute paths/);
  expect(() => select("fct", { command: "list", resourceTypes: ["modle"] })).toThrow(/not a resource type/);
});

test("build runs unit tests with their model", () => {
  const whole = addTestEdges(graph, manifest);
  const { queued, unitTests } = splitUnitTests(manifest, selectNodes(manifest, whole, { command: "build" }).selected);
  expect(queued.has("unit_test.p.ut")).toBe(false);
  expect(unitTests).toEqual(new Map([["model.p.fct", ["unit_test.p.ut"]]]));
});

test("result: and source_status: read what an earlier run left", () => {
  const previousState = {
    folder: "state",
    results: [{ unique_id: "model.p.fct", status: "error" }],
    sources: [{ unique_id: "source.p.raw.orders", status: "pass", max_loaded_at: "2026-01-01T00:00:00Z" }],
    sourcesCurrent: [
      { unique_id: "source.p.raw.orders", status: "pass", max_loaded_at: "2026-01-01T00:00:00.5+00:00" },
    ],
  };
  expect(select("result:error", { ...empty, previousState })).toEqual(["model.fct"]);
  expect(select("source_status:fresher", { ...empty, previousState })).toEqual(["source.raw.orders"]);
});
