/** Random small projects (as manifests) with random selection questions about them. */
import { definition, expression } from "./expressions.ts";
import { project } from "./project.ts";
import type { Random } from "./random.ts";
import { allTypes, indirects, type Item, type Json } from "./vocabulary.ts";

/** A changed copy of a project, for `state:`. */
function changed(random: Random, now: Json): Json {
  const then = structuredClone(now);
  for (const id of Object.keys(then.nodes)) {
    const node = then.nodes[id];
    if (random.chance(0.1)) {
      delete then.nodes[id];
      continue;
    }
    if (random.chance(0.15)) node.raw_code = "select 2";
    if (random.chance(0.15))
      node.unrendered_config = { materialized: "view", [random.pick(["tags", "schema", "severity", "x"])]: "q" };
    if (random.chance(0.1)) node.fqn = [...node.fqn.slice(0, -1), "moved", node.fqn.at(-1)];
    if (random.chance(0.1)) node.description = "old";
    if (random.chance(0.1)) node.checksum = { name: random.pick(["sha256", "path", "none"]), checksum: "9" };
    if (node.resource_type === "model" && random.chance(0.1)) node.access = random.pick(["public", "private"]);
    if (node.resource_type === "model" && random.chance(0.15)) {
      node.contract = { enforced: true, alias_types: true, checksum: "c" };
      node.columns = { id: { name: "id", data_type: random.pick(["int", "int(3)", "text"]) } };
    }
  }
  for (const id of Object.keys(then.macros)) {
    if (random.chance(0.2)) then.macros[id].macro_sql = "old";
    else if (id.endsWith("m3") && random.chance(0.1)) delete then.macros[id];
  }
  for (const source of Object.values(then.sources) as Json[]) {
    if (random.chance(0.2)) source.identifier = "other";
    if (random.chance(0.2)) source.loaded_at_field = "ts";
    if (random.chance(0.2)) source.unrendered_schema = "s";
  }
  for (const exposure of Object.values(then.exposures) as Json[]) if (random.chance(0.3)) exposure.label = "old";
  for (const metric of Object.values(then.metrics) as Json[]) if (random.chance(0.3)) metric.label = "old";
  for (const test of Object.values(then.unit_tests) as Json[]) if (random.chance(0.3)) test.checksum = "old";
  for (const query of Object.values(then.saved_queries) as Json[]) if (random.chance(0.3)) query.tags = ["old"];
  for (const model of Object.values(then.semantic_models) as Json[]) if (random.chance(0.3)) model.description = "old";
  return then;
}

/** A project with everything that can be asked about it. */
export function item(random: Random, questions: number): Item {
  const now = project(random);
  const ids = Object.keys({ ...now.nodes, ...now.sources });
  const time = () => `2026-01-0${1 + random.int(3)}T00:00:00${random.pick(["Z", "+00:00", ".500000Z"])}`;
  const freshness = () =>
    Object.keys(now.sources)
      .filter(() => random.chance(0.8))
      .map((unique_id) => ({ unique_id, status: "pass", max_loaded_at: time() }));
  const result: Item = {
    manifest: now,
    ...(random.chance(0.6) ? { previous: changed(random, now) } : {}),
    results: ids
      .filter(() => random.chance(0.5))
      .map((unique_id) => ({ unique_id, status: random.pick(["error", "success", "fail"]) })),
    sources: freshness(),
    sourcesCurrent: freshness(),
    selectorIndirect: random.pick(indirects),
    build: random.chance(0.5),
    files: [],
    cases: [],
  };
  if (result.previous) {
    for (const node of Object.values(now.nodes) as Json[]) {
      if (node.resource_type !== "model" || !random.chance(0.15)) continue;
      node.contract = { enforced: true, alias_types: true, checksum: random.pick(["c", "d"]) };
      node.columns = { id: { name: "id", data_type: random.pick(["int", "INT", "text"]) }, z: { name: "z" } };
    }
  }
  const files = new Set<string>(["models/schema.yml", "models/staging/_stg.yml"]);
  for (const group of [now.nodes, now.sources, now.exposures, now.functions]) {
    for (const node of Object.values(group) as Json[])
      if (node.package_name === "root") files.add(node.original_file_path);
  }
  result.files = [...files];
  if (random.chance(0.5)) {
    result.selectors = { selectors: [] };
    for (let i = 0; i < 3; i++) {
      result.selectors.selectors.push({
        name: `s${i}`,
        ...(random.chance(0.3) ? { description: "d" } : {}),
        ...(random.chance(0.2) ? { default: random.chance(0.5) } : {}),
        definition: definition(random, result, 0),
      });
    }
  }
  for (let i = 0; i < questions; i++) {
    const plain = random.chance(0.85) || !result.selectors;
    result.cases.push({
      select:
        plain && random.chance(0.9) ? Array.from({ length: 1 + random.int(2) }, () => expression(random, result)) : [],
      exclude: plain && random.chance(0.3) ? [expression(random, result)] : [],
      ...(plain ? {} : { selector: random.pick(["s0", "s1", "s2"]) }),
      indirect: random.pick(indirects),
      types: random.chance(0.5) ? allTypes : [...new Set([...random.some(allTypes, 4), "model"])],
      empty: random.chance(0.5),
      threads: 1 + random.int(4),
    });
  }
  return result;
}
