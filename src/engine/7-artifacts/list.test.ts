import { expect, test } from "vitest";
import { node, testManifest } from "../4-select/test-manifest.ts";
import { pythonJson } from "./json.ts";
import { renderList } from "./list.ts";

const manifest = testManifest(
  node("source", "orders", [], { unique_id: "source.p.raw.orders" }),
  node("model", "m", ["source.p.raw.orders"], { version: 2, fqn: ["p", "gold", "m", "v2"], tags: ["é"] }),
  node("exposure", "dash"),
  node("unit_test", "ut", ["model.p.m"], { version: 2 }),
);
const ids = ["unit_test.p.ut", "source.p.raw.orders", "model.p.m", "exposure.p.dash"];

test.each([
  ["selector", ["exposure:p.dash", "p.gold.m.v2", "source:p.raw.orders", "unit_test:p.ut_v2"]],
  ["name", ["dash", "m.v2", "raw.orders", "ut"]],
  ["path", ["models/dash.sql", "models/m.sql", "models/orders.sql", "models/ut.sql"]],
] as const)("%s", (output, lines) => {
  expect(renderList(manifest, ids, { output })).toEqual(lines);
});

test("json shows dbt's keys, or those that were asked for", () => {
  const [line = ""] = renderList(manifest, ["model.p.m"], { output: "json" });
  expect(line).toContain('"tags": ["\\u00e9"]');
  expect(Object.keys(JSON.parse(line))).toEqual([
    "name",
    "resource_type",
    "package_name",
    "original_file_path",
    "unique_id",
    "alias",
    "config",
    "tags",
    "depends_on",
    "direct_parents",
  ]);
  const outputKeys = ["name", "config.materialized", "config.nothing", "nothing", "version"];
  expect(renderList(manifest, ["model.p.m"], { output: "json", outputKeys })).toEqual([
    '{"name": "m", "config.materialized": "view", "version": 2}',
  ]);
});

test("JSON as Python spells it", () => {
  expect(pythonJson({ a: [1, null, true], b: { c: "x\n😀" }, d: {} })).toBe(
    '{"a": [1, null, true], "b": {"c": "x\\n\\ud83d\\ude00"}, "d": {}}',
  );
});
