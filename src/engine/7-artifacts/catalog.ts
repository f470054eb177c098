import { join } from "node:path";
import type { Manifest, Plain, PlainRecord } from "../manifest/types.ts";
import { toJson } from "./json.ts";
import { artifactMetadata, type InvocationMetadata } from "./metadata.ts";
import { writeAtomically } from "./write-file.ts";

/** One column of one relation, as the catalog query gives it. */
export interface CatalogRow {
  table_database: string | null;
  table_schema: string;
  table_name: string;
  table_type: string;
  table_comment?: string | null;
  table_owner?: string | null;
  column_name: string;
  column_index: number | bigint;
  column_type: string;
  column_comment?: string | null;
  /** `stats:<id>:label|value|description|include`, where an adapter knows any. */
  [stat: `stats:${string}`]: Plain;
}

export interface CatalogTable {
  metadata: {
    type: string;
    schema: string;
    name: string;
    database: string | null;
    comment: string | null;
    owner: string | null;
  };
  columns: Record<string, { type: string; index: number; name: string; comment: string | null }>;
  stats: Record<string, PlainRecord>;
  unique_id: string | null;
}

export interface Catalog {
  nodes: Record<string, CatalogTable>;
  sources: Record<string, CatalogTable>;
}

/**
 * The catalog of the relations that belong to nodes and sources of the manifest; everything else in the database is
 * left out. `selected` narrows it further.
 */
export function buildCatalog(rows: Iterable<CatalogRow>, manifest: Manifest, selected?: ReadonlySet<string>): Catalog {
  const tables = new Map<string, CatalogTable>();
  for (const row of rows) {
    const key = relationKey(row.table_database, row.table_schema, row.table_name);
    let table = tables.get(key);
    if (!table) {
      table = newTable(row);
      tables.set(key, table);
    }
    table.columns[row.column_name] = {
      type: row.column_type,
      index: Number(row.column_index),
      name: row.column_name,
      comment: row.column_comment ?? null,
    };
  }
  const nodeOf = new Map<string, string>();
  for (const node of Object.values(manifest.nodes)) {
    nodeOf.set(relationKey(node.database, node.schema, node.alias), node.unique_id);
  }
  const sourcesOf = new Map<string, string[]>();
  for (const source of Object.values(manifest.sources)) {
    const key = relationKey(source.database, source.schema, source.identifier);
    sourcesOf.set(key, [...(sourcesOf.get(key) ?? []), source.unique_id]);
  }
  const catalog: Catalog = { nodes: {}, sources: {} };
  const wanted = (id: string | undefined): id is string => id !== undefined && (!selected || selected.has(id));
  for (const [key, table] of tables) {
    const id = nodeOf.get(key);
    if (wanted(id)) catalog.nodes[id] = { ...table, unique_id: id };
    for (const source of sourcesOf.get(key) ?? []) {
      if (wanted(source)) catalog.sources[source] = { ...table, unique_id: source };
    }
  }
  return catalog;
}

function relationKey(database: string | null, schema: string, name: string): string {
  return JSON.stringify([database?.toLowerCase() ?? null, schema.toLowerCase(), name.toLowerCase()]);
}

function newTable(row: CatalogRow): CatalogTable {
  return {
    metadata: {
      type: row.table_type,
      schema: row.table_schema,
      name: row.table_name,
      database: row.table_database,
      comment: row.table_comment ?? null,
      owner: row.table_owner ?? null,
    },
    columns: {},
    stats: statsOf(row),
    unique_id: null,
  };
}

/** Statistics that say of themselves that they are to be shown, and always the entry that tells whether there are any. */
function statsOf(row: CatalogRow): Record<string, PlainRecord> {
  const found = new Map<string, PlainRecord>();
  for (const [key, value] of Object.entries(row)) {
    const [, id, part] = /^stats:([^:]+):(label|value|description|include)$/.exec(key) ?? [];
    if (id === undefined || part === undefined) continue;
    const item = found.get(id) ?? { id };
    item[part] = value;
    found.set(id, item);
  }
  const stats: Record<string, PlainRecord> = {};
  for (const [id, { label, value, include, description }] of found) {
    if (include) stats[id] = { id, label, value, include, description };
  }
  stats.has_stats = {
    id: "has_stats",
    label: "Has Stats?",
    value: Object.keys(stats).length > 0,
    include: false,
    description: "Indicates whether there are statistics for this table",
  };
  return stats;
}

export interface CatalogInput {
  metadata: InvocationMetadata;
  catalog: Catalog;
  /** Queries that failed; the catalog lacks what they would have found. */
  errors?: readonly string[];
  now?: Date;
}

/** A catalog.json v1 as plain data. */
export function catalogArtifact(input: CatalogInput): PlainRecord {
  return {
    metadata: artifactMetadata("catalog/v1", input.metadata, input.now ?? new Date()),
    nodes: input.catalog.nodes,
    sources: input.catalog.sources,
    errors: input.errors?.length ? input.errors : null,
  };
}

/** Writes target/catalog.json and returns its path. */
export function writeCatalog(targetFolder: string, input: CatalogInput): string {
  const file = join(targetFolder, "catalog.json");
  writeAtomically(file, toJson(catalogArtifact(input)));
  return file;
}
