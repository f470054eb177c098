import { attributeOf, fromPlain, noKwargs, PyObject, str, type Value } from "#jinja/index.ts";
import { Relation, type EventTimeFilter, type PluginSource, type Policy } from "../adapter/index.ts";
import type { GraphNode, PlainRecord, SourceNode } from "../manifest/types.ts";
import { engineError } from "../errors.ts";
import { isRecord } from "./data.ts";

type Quoting = Partial<Policy>;

const policyOf = (quoting: unknown): Quoting => {
  const policy: Quoting = {};
  if (!isRecord(quoting)) return policy;
  for (const key of ["database", "schema", "identifier"] as const)
    if (typeof quoting[key] === "boolean") policy[key] = quoting[key];
  return policy;
};

/**
 * The relation of a node or source. What a source says about quoting wins; the project's counts for its relation_name
 * in the manifest only, while templates get it quoted (callers pass no project quoting then).
 * Source: dbt-adapters base/relation.py create_from, dbt-duckdb relation.py create_from_source.
 */
export function relationFromNode(
  node: GraphNode | SourceNode,
  projectQuoting: Quoting,
  extra: { limit?: number; eventTimeFilter?: EventTimeFilter } = {},
): Relation {
  if (node.resource_type === "source") {
    const source = node as SourceNode;
    return Relation.create({
      database: source.database,
      schema: source.schema,
      identifier: source.identifier,
      quotePolicy: { ...projectQuoting, ...policyOf(source.quoting) },
      external: externalLocation(source),
      ...extra,
    });
  }
  const { database, schema, alias } = node as GraphNode;
  return Relation.create({ database, schema, identifier: alias, quotePolicy: projectQuoting, ...extra });
}

/** The same node in the environment that `--state` describes, once `--defer` or `clone` has looked it up. */
export function deferRelation(
  node: GraphNode,
  projectQuoting: Quoting,
  extra: { limit?: number; eventTimeFilter?: EventTimeFilter } = {},
): Relation | undefined {
  const other = node.defer_relation as { database: string; schema: string; alias: string } | null | undefined;
  if (!other) return undefined;
  const { database, schema, alias } = other;
  return Relation.create({ database, schema, identifier: alias, quotePolicy: projectQuoting, ...extra });
}

/** What `external_location` may name: the source's own fields, its tags and everything in meta and config. Source: dbt-duckdb utils.py SourceConfig. */
function sourceFields(source: SourceNode): PlainRecord {
  const { enabled: _enabled, meta, tags: _tags, ...config } = source.config as PlainRecord;
  const known = new Set(["event_time", "freshness", "loaded_at_field", "loaded_at_query", "static_analysis"]);
  const extra = Object.fromEntries(Object.entries(config).filter(([key]) => !known.has(key)));
  return {
    name: source.name,
    identifier: source.identifier,
    schema: source.schema,
    database: source.database,
    tags: source.tags,
    ...source.source_meta,
    ...source.meta,
    ...(isRecord(meta) ? meta : {}),
    ...extra,
  };
}

/** What a plugin reads a source with: its settings, and its location with the fields filled in; null when none reads it. */
export function pluginSource(source: SourceNode): PluginSource | null {
  const settings = sourceFields(source);
  if (!Object.hasOwn(settings, "plugin")) return null;
  const { name, identifier, schema, database } = source;
  const template = settings.external_location;
  const location = typeof template === "string" ? formatted(template, "newstyle", settings, source) : null;
  return { name, identifier, schema, database, location: location?.replace(/^'+|'+$/g, "") ?? null, settings };
}

/** SQL that stands for an external source, or null. A bare path is quoted; a function call stays as written. */
function externalLocation(source: SourceNode): string | null {
  const fields = sourceFields(source);
  // The plugin makes a table of it.
  if (Object.hasOwn(fields, "plugin")) return null;
  const template = fields.external_location;
  if (template === undefined || template === null) return null;
  const location = formatted(String(template), String(fields.formatter ?? "newstyle"), fields, source);
  return location.includes("(") || location.startsWith("'") ? location : `'${location}'`;
}

/** Python's `template.format_map(fields)`. */
function formatMap(template: string, fields: Value): string {
  const method = attributeOf(undefined, template, "format_map");
  const text = method instanceof PyObject ? method.call([fields], noKwargs) : template;
  return text instanceof Promise ? template : str(text);
}

function formatted(template: string, formatter: string, fields: PlainRecord, source: SourceNode): string {
  const problem = (message: string) =>
    engineError("compilation", {
      message: `external_location of source ${source.source_name}.${source.name}: ${message}`,
      place: { file: source.original_file_path },
      hint: "Correct external_location or its formatter.",
    });
  const value = (key: string): string => {
    if (!Object.hasOwn(fields, key)) throw problem(`there is no field '${key}'`);
    return String(fields[key]);
  };
  switch (formatter) {
    case "newstyle":
      return formatMap(template, fromPlain(fields));
    case "oldstyle":
      return template.replace(
        /%\((\w+)\)s|%%/g,
        (all, key: string | undefined) => (key === undefined ? "%" : value(key)) || all,
      );
    case "template":
      return template.replace(
        /\$(?:\$|\{(\w+)\}|(\w+))/g,
        (_all, braced: string | undefined, bare: string | undefined) =>
          (braced ?? bare) === undefined ? "$" : value(braced ?? bare ?? ""),
      );
    default:
      throw problem(`Formatter ${formatter} not recognized. Must be one of 'newstyle', 'oldstyle', or 'template'.`);
  }
}
