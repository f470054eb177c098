/** Random small projects (as manifests) and random selection questions about them. */

export interface Random {
  /** A whole number below `below`. */
  int(below: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  some<T>(items: readonly T[], atMost: number): T[];
}

/** A small generator with a seed, so that every failure can be repeated. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const random: Random = {
    int: (below) => Math.floor(next() * below),
    chance: (probability) => next() < probability,
    pick: (items) => items[Math.floor(next() * items.length)] as never,
    some: (items, atMost) => Array.from({ length: random.int(atMost + 1) }, () => random.pick(items)),
  };
  return random;
}

export interface Question {
  select: string[];
  exclude: string[];
  selector?: string;
  indirect: "eager" | "cautious" | "buildable" | "empty";
  types: string[];
  empty: boolean;
  threads: number;
}

export interface Item {
  manifest: Json;
  previous?: Json;
  results: { unique_id: string; status: string }[];
  sources: { unique_id: string; status: string; max_loaded_at?: string }[];
  sourcesCurrent: { unique_id: string; status: string; max_loaded_at?: string }[];
  selectors?: { selectors: Json[] };
  selectorIndirect: Question["indirect"];
  /** Whether the graph gets the test edges of `build`. */
  build: boolean;
  /** Files that exist in the root project. */
  files: string[];
  cases: Question[];
}

export type Json = Record<string, any>;

const packages = ["root", "pkg"];
const names = ["a", "b", "c", "orders", "stg_orders", "stg_x", "dim.x", "fct", "a1", "A", "x_y"];
const folders = ["models", "models/staging", "models/marts", "models/marts/core", "models/a", "models/.hid"];
const tags = ["nightly", "daily", "n1", "a", "pii"];
const groups = ["fin", "ops"];
const indirects = ["eager", "cautious", "buildable", "empty"] as const;
export const allTypes = [
  "model",
  "seed",
  "snapshot",
  "test",
  "source",
  "exposure",
  "metric",
  "saved_query",
  "semantic_model",
  "unit_test",
  "function",
  "analysis",
  "operation",
];

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

const globs = ["*", "st*", "*x*", "?", "[ab]", "[!a]*", "a*", "o[a-r]*", "[", "**"];

function value(random: Random, all: Json): string {
  const roll = random.int(10);
  if (roll < 4) return random.pick(names);
  if (roll < 6) return random.pick(globs);
  const node = random.pick(Object.values({ ...all.nodes, ...all.sources, ...all.exposures }) as Json[]);
  if (!node) return "nothing";
  const fqn = node.fqn as string[];
  if (roll === 6) return fqn.join(".");
  if (roll === 7) return fqn.slice(0, 1 + random.int(fqn.length)).join(".");
  if (roll === 8) return fqn.slice(1).join(".");
  return [...fqn.slice(0, random.int(fqn.length)), random.pick(globs)].join(".");
}

const stateValues = [
  "new",
  "old",
  "modified",
  "unmodified",
  "modified.body",
  "modified.configs",
  "modified.relation",
  "modified.persisted_descriptions",
  "modified.macros",
  "modified.contract",
  "nonsense",
];

function atom(random: Random, item: Item): string {
  const all = item.manifest;
  const dotted = (): string =>
    (random.chance(0.3) ? `${random.pick(["root", "pkg", "*"])}.` : "") + random.pick([...names, ...globs]);
  switch (random.int(26)) {
    case 0:
      return `tag:${random.pick([...tags, "n*", "?"])}`;
    case 1:
      return `config.materialized:${random.pick(["table", "view", "incremental", "test", "seed"])}`;
    case 2:
      return random.pick([
        "config.meta.owner:amy",
        "config.meta.level:1",
        "config.meta.on:true",
        "config.meta.on:False",
        "config.tags:nightly",
        "config.severity:warn",
        "config.severity:ERROR",
        "config.unique_key:id",
        "config.persist_docs.relation:true",
        "config.mine:true",
        "config.mine:q",
        "config.mine:x",
        "config.access:public",
        "config.nothing:here",
        "config.group:fin",
        "config.enabled:true",
        "config:x",
        "config.materialized.x:view",
        "config.contract.enforced:false",
        "config.docs.show:true",
        "config.meta.keys:x",
      ]);
    case 3:
      return `source:${random.pick(["raw", "erp", "*", "raw.*", `raw.${random.pick(names)}`, "root.raw.*", "*.*.a", "a.b.c.d"])}`;
    case 4:
    case 5:
      return random.pick([
        "path:models",
        "path:models/",
        "path:models/*",
        "path:models/staging",
        "path:models/**",
        "path:models/**/*.sql",
        "path:models/marts/core",
        "path:models/*/a.sql",
        "path:models/schema.yml",
        "path:tests",
        "path:**/_stg.yml",
        "path:./models/a",
        "path:dbt_project.yml",
        "path:*",
        "path:models/[am]*",
        "path:../x",
        "path:models/sources.yml/",
        "models/staging/a.sql",
        "models/marts",
        "path:models/.hid",
        "path:nowhere",
        "path:/absolute",
        "path:models/a**",
      ]);
    case 6:
      return random.pick([
        "a.sql",
        "file:a",
        "file:*.csv",
        "file:st*",
        "orders.csv",
        "A.SQL",
        "file:schema.yml",
        "b.py",
      ]);
    case 7:
      return `package:${random.pick(["this", "root", "pkg", "p*", "none"])}`;
    case 8:
      return `test_type:${random.pick(["generic", "singular", "unit", "data", "schema", "sing", "x", "d"])}`;
    case 9:
      return `test_name:${random.pick(["not_null", "unique", "*", "ut_1", "acc*"])}`;
    case 10:
      return `resource_type:${random.pick([...allTypes, "nothing"])}`;
    case 11:
      return `exposure:${dotted()}`;
    case 12:
      return `metric:${dotted()}`;
    case 13:
      return `semantic_model:${dotted()}`;
    case 14:
      return `saved_query:${dotted()}`;
    case 15:
      return `unit_test:${random.pick(["ut_1", "ut_*", "root.ut_2", "a.b.c"])}`;
    case 16:
      return `version:${random.pick(["latest", "old", "prerelease", "none", "new"])}`;
    case 17:
      return `group:${random.pick([...groups, "f*", "*"])}`;
    case 18:
      return `access:${random.pick(["public", "private", "protected", "p*"])}`;
    case 19:
      return `state:${random.pick(stateValues)}`;
    case 20:
      return random.pick(["result:error", "result:success", "source_status:fresher", "result:fail", "source_status:x"]);
    case 21:
      return item.selectors ? `selector:${random.pick(["s0", "s1", "s*", "s2", "none"])}` : value(random, all);
    case 22:
      return random.pick([
        "nonsense:x",
        "fqn:*",
        "fqn:",
        "tag:",
        "",
        "*",
        "a:b:c",
        "+",
        "@",
        "1+2",
        "@+a",
        "a+b",
        "++a",
      ]);
    default:
      return random.chance(0.2) ? `fqn:${value(random, all)}` : value(random, all);
  }
}

function term(random: Random, item: Item): string {
  const before = random.pick(["", "", "", "", "+", "1+", "2+", "0+", "@", "3+"]);
  const after = before === "@" && random.chance(0.9) ? "" : random.pick(["", "", "", "", "+", "+1", "+2", "+0"]);
  return `${before}${atom(random, item)}${after}`;
}

function expression(random: Random, item: Item): string {
  const parts = Array.from({ length: 1 + (random.chance(0.3) ? 1 + random.int(2) : 0) }, () => {
    return Array.from({ length: 1 + (random.chance(0.25) ? 1 : 0) }, () => term(random, item)).join(",");
  });
  return parts.join(random.chance(0.05) ? "  " : " ");
}

/** What a selectors.yml may hold, now and then something that dbt refuses. */
function definition(random: Random, item: Item, depth: number): any {
  const roll = random.int(depth > 2 ? 5 : 10);
  const text = () => term(random, item);
  if (roll < 3) return text();
  const [method = "fqn", plain = "*"] = /^([\w.]+):(.*)$/.exec(atom(random, item))?.slice(1) ?? [];
  if (roll === 3) return { [method]: plain };
  if (roll === 4) {
    return {
      method,
      value: random.chance(0.2) && method.startsWith("config.") ? random.pick([1, true, false, null, 0]) : plain,
      ...(random.chance(0.3) ? { parents: random.chance(0.8) } : {}),
      ...(random.chance(0.2) ? { parents_depth: random.pick([0, 1, 2, "1"]) } : {}),
      ...(random.chance(0.3) ? { children: true } : {}),
      ...(random.chance(0.2) ? { children_depth: random.int(3) } : {}),
      ...(random.chance(0.1) ? { childrens_parents: true } : {}),
      ...(random.chance(0.2) ? { indirect_selection: random.pick([...indirects, "odd"]) } : {}),
      ...(random.chance(0.3) ? { exclude: [definition(random, item, depth + 1)] } : {}),
    };
  }
  const kind = roll < 8 ? "union" : "intersection";
  const members = Array.from({ length: 1 + random.int(3) }, () => definition(random, item, depth + 1));
  if (random.chance(0.3))
    members.push({ exclude: Array.from({ length: random.int(3) }, () => definition(random, item, depth + 1)) });
  if (random.chance(0.05)) members.push({ exclude: [text()] });
  return random.chance(0.03) ? { [kind]: "text" } : { [kind]: members };
}

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
