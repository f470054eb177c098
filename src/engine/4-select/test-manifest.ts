import { noResources } from "../manifest/blank.ts";
import type { Manifest, ResourceType } from "../manifest/types.ts";

type Extra = Record<string, unknown>;

/** Builds small manifests for tests: `node("model", "a")`, `node("test", "t", ["model.p.a"])`. */
export function testManifest(...nodes: Extra[]): Manifest {
  const manifest: Manifest = {
    metadata: {
      dbt_schema_version: "https://schemas.getdbt.com/dbt/manifest/v12.json",
      dbt_version: "1.12.3",
      generated_at: "2026-01-01T00:00:00.000000Z",
      invocation_id: "00000000-0000-0000-0000-000000000000",
      invocation_started_at: "2026-01-01T00:00:00.000000Z",
      env: {},
      project_name: "p",
      project_id: "0",
      user_id: null,
      send_anonymous_usage_stats: false,
      adapter_type: "duckdb",
      quoting: {},
      run_started_at: null,
    },
    ...noResources(),
  };
  const places: Record<string, Record<string, unknown>> = {
    source: manifest.sources,
    exposure: manifest.exposures,
    metric: manifest.metrics,
    unit_test: manifest.unit_tests,
    semantic_model: manifest.semantic_models,
    saved_query: manifest.saved_queries,
    function: manifest.functions,
    macro: manifest.macros,
  };
  for (const one of nodes) {
    const place = places[String(one.resource_type)] ?? manifest.nodes;
    place[String(one.unique_id)] = one;
  }
  return manifest;
}

/** One node with everything that selection looks at; `extra` overrides. Its id is `<type>.p.<name>`. */
export function node(type: ResourceType, name: string, parents: string[] = [], extra: Extra = {}): Extra {
  const base: Extra = {
    resource_type: type,
    unique_id: `${type}.p.${name}`,
    name,
    package_name: "p",
    path: `${name}.sql`,
    original_file_path: `models/${name}.sql`,
    fqn: ["p", name],
    database: "db",
    schema: "main",
    alias: name,
    identifier: name,
    source_name: "raw",
    tags: [],
    description: "",
    columns: {},
    meta: {},
    group: null,
    patch_path: null,
    checksum: { name: "sha256", checksum: "1" },
    config: { enabled: true, materialized: type === "test" ? "test" : "view" },
    unrendered_config: {},
    raw_code: "select 1",
    depends_on: { macros: [], nodes: parents },
    created_at: 1,
  };
  return { ...base, ...extra };
}
