import type { Random } from "./random.ts";
import { folders, groups, type Json, names, packages, tags } from "./vocabulary.ts";

interface Builder {
  random: Random;
  nodes: Json[];
  sources: Json[];
  exposures: Json[];
  metrics: Json[];
  semanticModels: Json[];
  savedQueries: Json[];
  unitTests: Json[];
  functions: Json[];
  refable: string[];
}

function common(type: string, name: string, pkg: string, id: string, file: string): Json {
  return {
    name,
    resource_type: type,
    package_name: pkg,
    path: file.split("/").slice(1).join("/"),
    original_file_path: file,
    unique_id: id,
    depends_on: { macros: [], nodes: [] },
    created_at: 1,
    description: "",
  };
}

function sqlNode(b: Builder, type: string, name: string, pkg: string, folder: string, version?: string | number): Json {
  const { random } = b;
  const suffix = version === undefined ? "" : `.v${version}`;
  const dirs = folder.split("/").slice(1);
  const file = `${folder}/${name}${version === undefined ? "" : `_v${version}`}.${type === "seed" ? "csv" : "sql"}`;
  const config: Json = {
    enabled: true,
    tags: random.some(tags, 2),
    meta: random.chance(0.4)
      ? { owner: random.pick(["amy", "bob"]), level: random.int(3), on: random.chance(0.5) }
      : {},
  };
  if (type === "model") {
    config.materialized = random.pick(["view", "table", "incremental", "ephemeral"]);
    config.access = random.pick(["public", "protected", "private"]);
    if (random.chance(0.3)) config.group = random.pick(groups);
    if (random.chance(0.2)) config.unique_key = random.pick(["id", ["id", "b"]]);
    if (random.chance(0.2)) config.persist_docs = { relation: random.chance(0.5), columns: random.chance(0.5) };
    if (random.chance(0.2)) config.mine = random.pick(["q", true, false, 1, 0, ["x", "true", 1]]);
  }
  if (type === "seed" || type === "function") config.materialized = type;
  if (type === "snapshot")
    Object.assign(config, { materialized: "snapshot", strategy: "check", unique_key: "id", check_cols: "all" });
  return {
    ...common(type, name, pkg, `${type}.${pkg}.${name}${suffix}`, file),
    database: "db",
    schema: "main",
    alias: name,
    fqn: [pkg, ...dirs, name, ...(version === undefined ? [] : [`v${version}`])],
    checksum: { name: "sha256", checksum: String(random.int(3)) },
    config,
    tags: config.tags,
    group: config.group ?? null,
    raw_code: type === "seed" || random.chance(0.05) ? "" : "select 1",
    unrendered_config: {},
    columns: {},
    patch_path: random.chance(0.4) ? `${pkg}://models/${random.pick(["schema.yml", "staging/_stg.yml"])}` : null,
    ...(type === "model"
      ? {
          access: config.access,
          version: version ?? null,
          latest_version: version === undefined ? null : random.pick([1, 2, "2", version]),
          contract: { enforced: false, alias_types: true, checksum: null },
        }
      : {}),
    ...(type === "seed" ? { root_path: "/nowhere", depends_on: { macros: [] } } : {}),
  };
}

/** A project of at most some thirty nodes whose references run forward only. */
export function project(random: Random): Json {
  const b: Builder = {
    random,
    nodes: [],
    sources: [],
    exposures: [],
    metrics: [],
    semanticModels: [],
    savedQueries: [],
    unitTests: [],
    functions: [],
    refable: [],
  };
  const known = new Set<string>();
  const keep = (list: Json[], node: Json): boolean => {
    if (known.has(node.unique_id)) return false;
    known.add(node.unique_id);
    list.push(node);
    return true;
  };
  for (let i = random.int(4); i > 0; i--) {
    const [pkg, name, table] = [random.pick(packages), random.pick(["raw", "erp"]), random.pick(names)];
    const source: Json = {
      ...common("source", table, pkg, `source.${pkg}.${name}.${table}`, "models/sources.yml"),
      database: "db",
      schema: "main",
      fqn: [pkg, "staging", name, table],
      source_name: name,
      source_description: "",
      loader: "",
      identifier: table,
      tags: random.some(tags, 2),
      config: { enabled: true },
      unrendered_config: {},
      freshness: null,
    };
    delete source.depends_on;
    if (keep(b.sources, source)) b.refable.push(source.unique_id);
  }
  const functions: string[] = [];
  for (let i = 2 + random.int(12); i > 0; i--) {
    if (random.chance(0.08)) {
      const udf = sqlNode(b, "function", random.pick(names), "root", "functions");
      udf.returns = { data_type: "int" };
      udf.depends_on.nodes = [...new Set(random.some(b.refable, 2))];
      if (keep(b.functions, udf)) functions.push(udf.unique_id);
    }
    const type = random.pick(["model", "model", "model", "model", "seed", "snapshot"]);
    const name = random.pick(names);
    const version = type === "model" && random.chance(0.2) ? random.pick([1, 2, 3, "2.1", "beta"]) : undefined;
    const node = sqlNode(b, type, name, random.chance(0.8) ? "root" : "pkg", random.pick(folders), version);
    if (type !== "seed") node.depends_on.nodes = [...new Set(random.some(b.refable, 3))];
    if (type === "model" && functions.length > 0 && random.chance(0.4))
      node.depends_on.nodes.push(random.pick(functions));
    if (keep(b.nodes, node)) b.refable.push(node.unique_id);
  }
  for (let i = random.int(10); i > 0 && b.refable.length > 0; i--) keep(b.nodes, test(b));
  for (let i = random.int(3); i > 0 && b.refable.length > 0; i--) {
    const node = sqlNode(b, "analysis", random.pick(names), "root", "analyses");
    node.depends_on.nodes = [...new Set(random.some(b.refable, 2))];
    keep(b.nodes, node);
  }
  if (random.chance(0.3))
    keep(b.nodes, {
      ...sqlNode(b, "operation", "root-on-run-start-0", "root", "hooks"),
      original_file_path: "./dbt_project.yml",
    });
  others(b, keep);
  return manifest(b);
}

function test(b: Builder): Json {
  const { random } = b;
  const parents = [...new Set([random.pick(b.refable), ...random.some(b.refable, 2)])];
  const generic = random.chance(0.7);
  const kind = random.pick(["not_null", "unique", "accepted_values"]);
  const name = `${generic ? kind : "check"}_${b.random.int(1000)}`;
  const id = `test.root.${name}${generic ? `.${random.int(1000)}` : ""}`;
  const base = sqlNode(b, "test", name, "root", "tests");
  return {
    ...base,
    unique_id: id,
    original_file_path: generic ? "models/schema.yml" : `tests/${name}.sql`,
    depends_on: { macros: [], nodes: parents },
    config: { enabled: true, tags: base.tags, severity: random.pick(["error", "WARN", "warn"]), materialized: "test" },
    ...(generic
      ? { test_metadata: { name: kind, kwargs: {}, namespace: null }, column_name: "id", attached_node: parents[0] }
      : {}),
  };
}

function others(b: Builder, keep: (list: Json[], node: Json) => boolean): void {
  const { random } = b;
  const models = b.nodes.filter((node) => node.resource_type === "model").map((node) => node.unique_id as string);
  const member = (type: string, name: string, extra: Json): Json => ({
    ...common(type, name, "root", `${type}.root.${name}`, "models/schema.yml"),
    fqn: ["root", name],
    config: { enabled: true },
    unrendered_config: {},
    ...extra,
  });
  const on = (ids: string[]) => ({ depends_on: { macros: [], nodes: [...new Set(ids)] } });
  if (models.length > 0) {
    for (let i = random.int(3); i > 0; i--) {
      const model = random.pick(models);
      const [, , name = ""] = model.split(".");
      const test = member("unit_test", `ut_${random.int(5)}`, {
        model: name,
        given: [],
        expect: { rows: [] },
        config: { enabled: true, tags: random.some(tags, 1) },
        ...on([model]),
        version: null,
        checksum: String(random.int(3)),
      });
      keep(b.unitTests, { ...test, unique_id: `unit_test.root.${name}.${test.name}`, fqn: ["root", name, test.name] });
    }
    for (let i = random.int(2); i > 0; i--) {
      keep(b.semanticModels, semanticModel(member, random.pick(names), random.pick(models), on));
    }
  }
  for (const semantic of b.semanticModels) {
    const group = random.chance(0.5) ? random.pick(groups) : null;
    const metric = member("metric", random.pick(names), {
      label: "L",
      type: "simple",
      type_params: { measure: { name: "m" }, input_measures: [] },
      tags: random.some(tags, 1),
      group,
      config: { enabled: true, group },
      ...on([semantic.unique_id]),
    });
    if (keep(b.metrics, metric) && random.chance(0.6)) {
      keep(
        b.savedQueries,
        member("saved_query", random.pick(names), {
          query_params: { metrics: [metric.name], group_by: [], where: null },
          exports: [],
          tags: random.some(tags, 1),
          ...on([metric.unique_id]),
        }),
      );
    }
  }
  for (let i = random.int(3); i > 0 && b.refable.length > 0; i--) {
    keep(
      b.exposures,
      member("exposure", random.pick(names), {
        type: "dashboard",
        owner: { name: "x" },
        tags: random.some(tags, 1),
        ...on([random.pick(b.refable), ...random.some(b.refable, 2)]),
      }),
    );
  }
}

function semanticModel(
  member: (type: string, name: string, extra: Json) => Json,
  name: string,
  model: string,
  on: (ids: string[]) => Json,
): Json {
  return member("semantic_model", name, {
    model: "ref('x')",
    node_relation: { alias: "x", schema_name: "main", database: "db", relation_name: "x" },
    entities: [],
    measures: [],
    dimensions: [],
    ...on([model]),
  });
}

function byId(nodes: Json[]): Json {
  return Object.fromEntries(nodes.map((node) => [node.unique_id, node]));
}

function macro(name: string, sql: string, calls: string[]): Json {
  return {
    ...common("macro", name, "root", `macro.root.${name}`, "macros/m.sql"),
    macro_sql: sql,
    depends_on: { macros: calls.map((call) => `macro.root.${call}`) },
  };
}

function manifest(b: Builder): Json {
  for (const node of b.nodes) {
    if (b.random.chance(0.3)) node.depends_on.macros = [`macro.root.${b.random.pick(["m1", "m2", "m3"])}`];
  }
  return {
    metadata: {
      dbt_schema_version: "https://schemas.getdbt.com/dbt/manifest/v12.json",
      dbt_version: "1.12.3",
      project_name: "root",
      adapter_type: "duckdb",
    },
    nodes: byId(b.nodes),
    sources: byId(b.sources),
    macros: byId([macro("m1", "1", ["m2"]), macro("m2", "2", ["m3"]), macro("m3", "3", [])]),
    docs: {},
    exposures: byId(b.exposures),
    metrics: byId(b.metrics),
    groups: {},
    selectors: {},
    disabled: {},
    parent_map: {},
    child_map: {},
    group_map: {},
    saved_queries: byId(b.savedQueries),
    semantic_models: byId(b.semanticModels),
    unit_tests: byId(b.unitTests),
    functions: byId(b.functions),
  };
}
