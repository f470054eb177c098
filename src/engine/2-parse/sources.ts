import { str } from "#jinja/index.ts";
import { relationFromNode } from "../context/relations.ts";
import { isRecord, cloneData } from "../context/data.ts";
import { warn } from "../context/runtime.ts";
import { engineError } from "../errors.ts";
import type { PlainRecord, SourceNode } from "../manifest/types.ts";
import { asList, asStrings, columnList, columnsOf, testsOf, text } from "./columns.ts";
import { resolveConfig, unrenderedConfig } from "./config.ts";
import { genericTests } from "./generic-tests.ts";
import type { SourceEntry } from "./source-entry.ts";
import { sourceOverrides, warnUnused } from "./source-overrides.ts";
import { entriesOf, invalid, type Section } from "./section.ts";
import { collectErrors, disable, duplicateResource, now, type Entry, type ParseState } from "./state.ts";

export function parseSourceEntries(section: Section, data: PlainRecord): SourceEntry[] {
  const found: SourceEntry[] = [];
  for (const entry of entriesOf(section, data)) {
    const rawSource = (data.sources as PlainRecord[])[entry.path[1] as number] ?? {};
    const tables = asList(entry.data.tables);
    const overrides = typeof entry.data.overrides === "string" ? entry.data.overrides : undefined;
    if (overrides !== undefined) {
      found.push({ section, entry, source: entry.data, rawSource, table: {}, tableIndex: -1, overrides });
      continue;
    }
    tables.forEach((table, i) => {
      collectErrors(section.state, () => {
        if (!isRecord(table) || (typeof table.name !== "string" && typeof table.name !== "number"))
          throw invalid(entry, [...entry.path, "tables", i], "a table has no name", "Give every table a name.");
        found.push({ section, entry, source: entry.data, rawSource, table, tableIndex: i, overrides });
      });
    });
  }
  return found;
}

/** Builds every source of all projects, with overrides applied, and their tests. Source: dbt-core parser/sources.py SourcePatcher. */
export function buildSources(state: ParseState, entries: SourceEntry[]): void {
  const overrides = sourceOverrides(state, entries);
  for (const item of entries) {
    if (item.overrides !== undefined) continue;
    const override = overrides.get(`${item.section.project.name}.${String(item.source.name)}`);
    collectErrors(state, () => buildSource(state, override ? override.apply(item) : item));
  }
  warnUnused(state, [...overrides.values()]);
}

interface Freshness {
  warn_after: PlainRecord | null;
  error_after: PlainRecord | null;
  filter: unknown;
}

const time = (value: unknown): PlainRecord | null =>
  value === null
    ? null
    : {
        count: isRecord(value) ? (value.count ?? null) : null,
        period: isRecord(value) ? (value.period ?? null) : null,
      };

/**
 * Freshness of source and table merged; null switches it off, undefined means "not said".
 * Source: dbt-core parser/sources.py merge_source_freshness, artifacts/resources/v1/components.py FreshnessThreshold.
 */
function mergeFreshness(levels: unknown[]): PlainRecord | null | undefined {
  let current: PlainRecord | null | undefined;
  let started = false;
  for (const level of levels) {
    const next = level === undefined ? {} : (level as PlainRecord | null);
    if (!started) {
      current = next;
      started = true;
      continue;
    }
    const says = next !== null && (hasTime(next.warn_after) || hasTime(next.error_after));
    if (current !== null && current !== undefined && next !== null) {
      const merged: PlainRecord = { ...current };
      for (const key of ["warn_after", "error_after"]) {
        if (key in next)
          merged[key] =
            next[key] === null
              ? null
              : { ...(isRecord(current[key]) ? current[key] : {}), ...(isRecord(next[key]) ? next[key] : {}) };
      }
      if (next.filter !== undefined && next.filter !== null) merged.filter = next.filter;
      current = merged;
    } else if ((current === null || current === undefined) && says) current = next;
    else current = null;
  }
  if (current === null || current === undefined) return null;
  return hasTime(current.warn_after) || hasTime(current.error_after) ? current : undefined;
}

const hasTime = (value: unknown): boolean =>
  isRecord(value) && value.count !== null && value.count !== undefined && Boolean(value.period);

function freshnessOf(source: PlainRecord, table: PlainRecord): Freshness | null | undefined {
  const config = (holder: PlainRecord): PlainRecord => (isRecord(holder.config) ? holder.config : {});
  const merged = mergeFreshness([source.freshness, config(source).freshness, table.freshness, config(table).freshness]);
  if (merged === null || merged === undefined) return merged;
  return { warn_after: time(merged.warn_after), error_after: time(merged.error_after), filter: merged.filter ?? null };
}

function loadedAt(
  entry: Entry,
  source: PlainRecord,
  table: PlainRecord,
): { field: string | null; query: string | null } {
  const of = (holder: PlainRecord, key: string): unknown =>
    holder[key] ?? (isRecord(holder.config) ? holder.config[key] : undefined);
  // A null beside the name counts as said: the table then has no field though its source has one.
  const present = "loaded_at_field" in table || Boolean(record(table.config).loaded_at_field);
  for (const [holder, level] of [
    [table, "table"],
    [source, "source"],
  ] as const) {
    if (of(holder, "loaded_at_field") && of(holder, "loaded_at_query")) {
      throw invalid(
        entry,
        entry.path,
        `Cannot specify both loaded_at_field and loaded_at_query at ${level} level.`,
        "Keep one of the two.",
      );
    }
  }
  const value = (v: unknown): string | null => (v === undefined || v === null ? null : String(v));
  const field = present ? value(of(table, "loaded_at_field")) : value(of(source, "loaded_at_field"));
  const ownQuery = of(table, "loaded_at_query");
  const query =
    ownQuery !== undefined && ownQuery !== null
      ? value(ownQuery)
      : present
        ? null
        : value(of(source, "loaded_at_query"));
  return { field, query };
}

function buildSource(state: ParseState, item: SourceEntry): void {
  const { section, entry, source, table } = item;
  const { runtime } = state;
  const { project, file } = section;
  const sourceName = String(source.name);
  const tableName = String(table.name);
  const sourceConfig = isRecord(source.config) ? source.config : {};
  const tableConfig = isRecord(table.config) ? table.config : {};
  const folders = file.relativePath.split("/").slice(0, -1);
  const fqn = [project.name, ...folders, sourceName, tableName];
  const meta = {
    ...record(source.meta),
    ...record(sourceConfig.meta),
    ...record(table.meta),
    ...record(tableConfig.meta),
  };
  const tags = [
    ...new Set([
      ...asStrings(source.tags),
      ...asStrings(sourceConfig.tags),
      ...asStrings(table.tags),
      ...asStrings(tableConfig.tags),
    ]),
  ].sort();
  const precedence: PlainRecord = { ...cloneData(sourceConfig), ...cloneData(tableConfig) };
  const freshness = freshnessOf(source, table);
  delete precedence.freshness;
  if (freshness !== undefined) precedence.freshness = freshness;
  const { field, query } = loadedAt(entry, source, table);
  Object.assign(precedence, { loaded_at_field: field, loaded_at_query: query, meta, tags });
  if (source.event_time !== undefined && precedence.event_time === undefined) precedence.event_time = source.event_time;
  const request = { kind: "source" as const, fqn, project, root: runtime.read.root, patch: precedence };
  const config = resolveConfig(request);
  const quoting = {
    database: null,
    schema: null,
    identifier: null,
    column: null,
    ...record(source.quoting),
    ...record(table.quoting),
  };
  const node: SourceNode = {
    database: text(source.database) || runtime.target.database,
    schema: text(source.schema) || sourceName,
    name: tableName,
    resource_type: "source",
    package_name: project.name,
    path: file.path,
    original_file_path: file.path,
    unique_id: `source.${project.name}.${sourceName}.${tableName}`,
    fqn,
    source_name: sourceName,
    source_description: text(source.description),
    loader: text(source.loader),
    identifier: text(table.identifier) || tableName,
    quoting,
    loaded_at_field: (config.loaded_at_field as string | null) ?? null,
    loaded_at_query: (config.loaded_at_query as string | null) ?? null,
    freshness: (config.freshness as PlainRecord | null) ?? null,
    external: externalOf(table.external),
    description: text(table.description),
    columns: columnsOf(entry, columnList(entry, table.columns)),
    meta: record(config.meta),
    source_meta: { ...record(source.meta), ...record(sourceConfig.meta) },
    tags: asStrings(config.tags),
    config,
    patch_path: null,
    unrendered_config: unrenderedConfig(request),
    relation_name: null,
    created_at: now(),
    unrendered_database: typeof item.rawSource.database === "string" ? item.rawSource.database : null,
    unrendered_schema: typeof item.rawSource.schema === "string" ? item.rawSource.schema : null,
    doc_blocks: [],
  };
  node.relation_name = str(relationFromNode(node, runtime.read.root.quoting));
  sourceTests(item);
  if (!config.enabled) {
    disable(state, node);
    return;
  }
  const existing = runtime.manifest.sources[node.unique_id];
  if (existing) throw duplicateSource(existing, node);
  runtime.manifest.sources[node.unique_id] = node;
  const expected =
    node.freshness !== null && (hasTime(node.freshness.warn_after) || hasTime(node.freshness.error_after));
  if (expected && !node.loaded_at_field && !node.loaded_at_query) {
    warn(
      runtime,
      `The configured adapter does not support metadata-based freshness. A loaded_at_field must be specified for source '${sourceName}.${tableName}'.`,
      {
        name: "FreshnessConfigProblem",
        code: "I073",
      },
    );
  }
}

function duplicateSource(a: SourceNode, b: SourceNode) {
  const error = duplicateResource({ ...a, name: `${a.source_name}.${a.name}` }, b);
  return engineError("duplicate", {
    message: error.message,
    hint: "Keep one of the two definitions.",
    place: { file: b.original_file_path },
  });
}

/** `external:` with dbt's defaults; whatever else is written stays. Source: dbt-core artifacts/resources/v1/source_definition.py ExternalTable. */
function externalOf(value: unknown): PlainRecord | null {
  if (!isRecord(value)) return null;
  const partitions = Array.isArray(value.partitions)
    ? value.partitions.map((p: unknown) =>
        isRecord(p) ? { name: "", description: "", data_type: "", meta: {}, ...p } : p,
      )
    : null;
  return { location: null, file_format: null, row_format: null, tbl_properties: null, ...value, partitions };
}

function sourceTests(item: SourceEntry): void {
  const { section, entry, source, table } = item;
  // Only the tags beside the names: those under config: belong to the source alone.
  const tags = [...asStrings(source.tags), ...asStrings(table.tags)];
  const target = {
    kind: "source" as const,
    yamlKey: "sources",
    source: String(source.name),
    name: String(table.name),
    version: null,
    quoteColumns:
      (isRecord(table.quoting)
        ? table.quoting.column
        : isRecord(source.quoting)
          ? source.quoting.column
          : undefined) === true,
    tags,
  };
  genericTests(section, entry, target, columnList(entry, table.columns), testsOf(entry, table));
}

const record = (value: unknown): PlainRecord => (isRecord(value) ? value : {});
