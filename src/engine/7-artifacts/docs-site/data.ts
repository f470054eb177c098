import type { ColumnInfo, GraphNode, Manifest, OtherNode, PlainRecord, SourceNode } from "../../manifest/types.ts";
import type { NodeLineage, ProjectLineage } from "../../lineage/types.ts";
import type { Catalog } from "../catalog.ts";
import { relationMaps } from "../relation-maps.ts";
import { renderMarkdown } from "./markdown.ts";

export interface SiteColumn {
  name: string;
  type: string | null;
  /** HTML. */
  description: string;
  tests: string[];
  /** Columns that it is made of: unique id, column, kind. */
  from: [id: string, column: string, kind: string][];
}

/** One page of the site. */
export interface SiteNode {
  id: string;
  type: string;
  name: string;
  package: string;
  path: string;
  /** HTML. */
  description: string;
  tags: string[];
  /** Facts for the head of the page, as text. */
  facts: [string, string][];
  columns: SiteColumn[];
  tests: string[];
  parents: string[];
  children: string[];
  code: string;
  compiled: string | null;
}

export interface SiteData {
  project: string;
  generated: string;
  version: string;
  /** HTML of the docs block `__overview__` of the root project, empty when it has none. */
  overview: string;
  nodes: SiteNode[];
}

type Documented = GraphNode | SourceNode | OtherNode;

/** Everything that the documentation site shows: the project's resources without built-in macros and hooks. */
export function siteData(
  manifest: Manifest,
  catalog: Catalog | undefined,
  now: Date,
  lineage?: ProjectLineage,
): SiteData {
  const { parentMap, childMap } = relationMaps(manifest);
  const tests = Object.values(manifest.nodes).filter((node) => node.resource_type === "test");
  const onColumns = testsByColumn(tests);
  const documented: Documented[] = [
    ...Object.values(manifest.sources),
    ...Object.values(manifest.nodes).filter((node) => !["operation", "sql_operation"].includes(node.resource_type)),
    ...Object.values(manifest.unit_tests),
    ...Object.values(manifest.exposures),
    ...Object.values(manifest.semantic_models),
    ...Object.values(manifest.metrics),
    ...Object.values(manifest.saved_queries),
    ...Object.values(manifest.functions),
  ];
  const nodes = documented.map((node): SiteNode => {
    const id = node.unique_id;
    const children = childMap[id] ?? [];
    const isTest = (other: string) => /^(unit_)?test\./.test(other);
    return {
      ...headOf(node),
      facts: factsOf(node),
      columns: columnsOf(node, catalog, onColumns.get(id), lineage?.nodes[id]),
      tests: children.filter(isTest),
      parents: parentMap[id] ?? [],
      children: children.filter((other) => !isTest(other)),
      code: "raw_code" in node ? String(node.raw_code ?? "") : "",
      compiled: "compiled_code" in node && node.compiled_code ? String(node.compiled_code) : null,
    };
  });
  return {
    project: manifest.metadata.project_name,
    generated: now.toISOString(),
    version: manifest.metadata.dbt_version,
    overview: overviewOf(manifest),
    nodes: [...nodes, ...macrosOf(manifest)],
  };
}

function overviewOf(manifest: Manifest): string {
  const own = Object.values(manifest.docs).find(
    (doc) => doc.name === "__overview__" && doc.package_name === manifest.metadata.project_name,
  );
  return own ? renderMarkdown(own.block_contents) : "";
}

function headOf(
  node: Documented,
): Omit<SiteNode, "facts" | "columns" | "tests" | "parents" | "children" | "code" | "compiled"> {
  const version =
    "version" in node && node.version !== null && node.version !== undefined ? ` v${String(node.version)}` : "";
  const name =
    node.resource_type === "source" ? `${(node as SourceNode).source_name}.${node.name}` : `${node.name}${version}`;
  return {
    id: node.unique_id,
    type: node.resource_type,
    name,
    package: node.package_name,
    path: node.original_file_path,
    description: renderMarkdown(String(node.description ?? "")),
    tags: Array.isArray(node.tags) ? node.tags.map(String) : [],
  };
}

function factsOf(node: Documented): [string, string][] {
  const facts: [string, string][] = [];
  const add = (label: string, value: unknown) => {
    if (value === null || value === undefined || value === "") return;
    facts.push([label, typeof value === "object" ? JSON.stringify(value) : String(value)]);
  };
  add("Relation", "relation_name" in node ? node.relation_name : undefined);
  add("Materialization", node.config?.materialized);
  add("Access", "access" in node ? node.access : undefined);
  add("Group", "group" in node ? node.group : undefined);
  if ("contract" in node && (node.contract as PlainRecord | undefined)?.enforced) add("Contract", "enforced");
  if (node.resource_type === "source") {
    const source = node as SourceNode;
    add("Loader", source.loader);
    add("Loaded at", source.loaded_at_field ?? source.loaded_at_query);
  }
  if (node.resource_type === "exposure") {
    add("Kind", (node as OtherNode).type);
    add("Owner", (node as OtherNode).owner);
    add("Maturity", (node as OtherNode).maturity);
    add("URL", (node as OtherNode).url);
  }
  const meta = node.meta as PlainRecord | undefined;
  if (meta && Object.keys(meta).length > 0) add("Meta", meta);
  return facts;
}

/** Documented columns first, in the order of the database where the catalog knows it. */
function columnsOf(
  node: Documented,
  catalog: Catalog | undefined,
  tests: Map<string, string[]> | undefined,
  lineage: NodeLineage | undefined,
): SiteColumn[] {
  const origins = new Map(lineage?.columns.map((column) => [column.name.toLowerCase(), column.upstream]));
  const documented = ("columns" in node ? node.columns : {}) as Record<string, ColumnInfo>;
  const found = catalog?.nodes[node.unique_id] ?? catalog?.sources[node.unique_id];
  const byName = new Map(Object.values(documented).map((column) => [column.name.toLowerCase(), column]));
  const columns: SiteColumn[] = [];
  const add = (name: string, type: string | null) => {
    const key = name.toLowerCase();
    const column = byName.get(key);
    byName.delete(key);
    columns.push({
      name,
      type: type ?? column?.data_type ?? null,
      description: renderMarkdown(column?.description ?? ""),
      tests: tests?.get(key) ?? [],
      from: (origins.get(key) ?? []).map((origin) => [origin.node, origin.column, origin.kind]),
    });
  };
  const real = Object.values(found?.columns ?? {}).sort((a, b) => a.index - b.index);
  for (const { name, type } of real) add(name, type);
  for (const column of byName.values()) add(column.name, null);
  return columns;
}

/** Names of the generic tests of each node, by column in lower case. */
function testsByColumn(tests: GraphNode[]): Map<string, Map<string, string[]>> {
  const result = new Map<string, Map<string, string[]>>();
  for (const test of tests) {
    const { attached_node: owner, column_name: column, test_metadata: kind } = test;
    if (!owner || !column || !kind) continue;
    const columns = result.get(owner) ?? new Map<string, string[]>();
    const key = column.replace(/^"|"$/g, "").toLowerCase();
    columns.set(key, [...(columns.get(key) ?? []), kind.name]);
    result.set(owner, columns);
  }
  return result;
}

function macrosOf(manifest: Manifest): SiteNode[] {
  return Object.values(manifest.macros)
    .filter((macro) => !/^dbt(_duckdb)?$/.test(macro.package_name))
    .map((macro) => ({
      id: macro.unique_id,
      type: "macro",
      name: macro.name,
      package: macro.package_name,
      path: macro.original_file_path,
      description: renderMarkdown(macro.description ?? ""),
      tags: [],
      facts: [],
      columns: (macro.arguments ?? []).map((argument) => ({
        name: String(argument.name),
        type: argument.type === null || argument.type === undefined ? null : String(argument.type),
        description: renderMarkdown(String(argument.description ?? "")),
        tests: [],
        from: [],
      })),
      tests: [],
      parents: [],
      children: [],
      code: macro.macro_sql,
      compiled: null,
    }));
}
