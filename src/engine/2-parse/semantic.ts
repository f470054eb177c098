import { parseTemplate } from "#jinja/index.ts";
import { isRecord, cloneData } from "../context/data.ts";
import { rawFunction } from "../context/functions.ts";
import { refArguments, sourceArguments } from "../context/reference-arguments.ts";
import { NodeScope } from "../context/scope.ts";
import type { OtherNode, PlainRecord, RefArgs } from "../manifest/types.ts";
import { asList, asStrings, text } from "./columns.ts";
import { resolveConfig, unrenderedConfig, type ConfigKind } from "./config.ts";
import { patchConfig } from "./patch.ts";
import { fqnOf } from "./node.ts";
import { entriesOf, invalid, type Section } from "./section.ts";
import { collectErrors, disable, duplicateResource, now, type Entry } from "./state.ts";

interface References {
  refs: RefArgs[];
  sources: string[][];
  metrics: string[][];
}

/** Renders `ref('x')`-like expressions and collects what they name. */
function referencesOf(section: Section, expressions: string[], owner: string): References {
  const found: References = { refs: [], sources: [], metrics: [] };
  const scope = new NodeScope(section.state.runtime.macros, "", {
    ref: rawFunction("ref", (args, kwargs) => {
      found.refs.push(refArguments(args, kwargs, owner));
      return "";
    }),
    source: rawFunction("source", (args) => {
      found.sources.push(sourceArguments(args, owner));
      return "";
    }),
    metric: rawFunction("metric", (args) => {
      found.metrics.push(args.map(String));
      return "";
    }),
  });
  for (const expression of expressions)
    void parseTemplate(`{{ ${expression} }}`, { file: section.file.path }).render(scope);
  return found;
}

interface Base extends OtherNode {
  [extra: string]: unknown;
}

/** What every one of these resources has. */
function baseOf(
  section: Section,
  entry: Entry,
  kind: ConfigKind,
  resourceType: OtherNode["resource_type"],
  options: { path?: string } = {},
): { node: Base; config: PlainRecord } {
  const { project, file } = section;
  const name = String(entry.data.name);
  const fqn = fqnOf(project, file.relativePath, name);
  const request = { kind, fqn, project, root: section.state.runtime.read.root, patch: patchConfig(entry, entry.data) };
  const config = resolveConfig(request);
  const node: Base = {
    name,
    resource_type: resourceType,
    package_name: project.name,
    path: options.path ?? file.relativePath,
    original_file_path: file.path,
    unique_id: `${resourceType}.${project.name}.${name}`,
    fqn,
    config,
    unrendered_config: unrenderedConfig(request),
    depends_on: { macros: [], nodes: [] },
    refs: [],
    created_at: now(),
  };
  return { node, config };
}

function add(section: Section, into: Record<string, OtherNode>, node: OtherNode): void {
  if (!node.config.enabled) {
    disable(section.state, node);
    return;
  }
  const existing = into[node.unique_id];
  if (existing) throw duplicateResource(existing, node);
  into[node.unique_id] = node;
}

const exposureTypes = ["dashboard", "notebook", "analysis", "ml", "application"];

/** Source: dbt-core parser/schema_yaml_readers.py ExposureParser. */
export function parseExposures(section: Section, data: PlainRecord): void {
  for (const entry of entriesOf(section, data)) {
    collectErrors(section.state, () => {
      const { data: e } = entry;
      if (!isRecord(e.owner))
        throw invalid(
          entry,
          entry.path,
          `exposure ${String(e.name)}: 'owner' is a required property`,
          "Add owner: with name or email.",
        );
      if (!exposureTypes.includes(String(e.type))) {
        throw invalid(
          entry,
          [...entry.path, "type"],
          `exposure ${String(e.name)}: '${String(e.type)}' is not one of ${exposureTypes.join(", ")}`,
          "Use one of these types.",
        );
      }
      const { node, config } = baseOf(section, entry, "exposure", "exposure");
      const tags = [...new Set([...asStrings(e.tags), ...asStrings(config.tags)])].sort();
      const meta = { ...(isRecord(e.meta) ? e.meta : {}), ...(isRecord(config.meta) ? config.meta : {}) };
      config.tags = tags;
      config.meta = meta;
      Object.assign(node, {
        type: e.type,
        owner: { email: null, name: null, ...e.owner },
        description: text(e.description),
        label: e.label ?? null,
        maturity: e.maturity ?? null,
        meta,
        tags,
        url: e.url ?? null,
        ...referencesOf(section, asStrings(e.depends_on), `exposure ${node.name}`),
      });
      add(section, section.state.runtime.manifest.exposures, node);
    });
  }
}

/** Source: dbt-core parser/schema_yaml_readers.py GroupParser. */
export function parseGroups(section: Section, data: PlainRecord): void {
  for (const entry of entriesOf(section, data)) {
    collectErrors(section.state, () => {
      const { data: g } = entry;
      if (!isRecord(g.owner) || (g.owner.name === undefined && g.owner.email === undefined)) {
        throw invalid(
          entry,
          entry.path,
          `group ${String(g.name)}: 'owner' must have at least one of 'name' or 'email'.`,
          "Add owner: with name or email.",
        );
      }
      const config = isRecord(g.config) ? g.config : {};
      const node = {
        name: String(g.name),
        resource_type: "group" as const,
        package_name: section.project.name,
        path: section.file.relativePath,
        original_file_path: section.file.path,
        unique_id: `group.${section.project.name}.${String(g.name)}`,
        owner: { email: null, name: null, ...g.owner },
        description: g.description ?? null,
        config: { meta: isRecord(config.meta) ? config.meta : {} },
      } as unknown as OtherNode;
      const { groups } = section.state.runtime.manifest;
      const existing = groups[node.unique_id];
      if (existing) throw duplicateResource(existing, node);
      groups[node.unique_id] = node;
    });
  }
}

/** A filter as the semantic layer keeps it. */
function filterOf(value: unknown): PlainRecord | null {
  if (value === null || value === undefined) return null;
  return { where_filters: asStrings(value).map((where_sql_template) => ({ where_sql_template })) };
}

const nameOr = (value: unknown, defaults: PlainRecord): PlainRecord | null => {
  if (value === null || value === undefined) return null;
  return isRecord(value)
    ? { ...defaults, ...value, filter: filterOf(value.filter) }
    : { ...defaults, name: String(value) };
};

const measureDefaults = { name: null, filter: null, alias: null, join_to_timespine: false, fill_nulls_with: null };
const metricDefaults = { name: null, filter: null, alias: null, offset_window: null, offset_to_grain: null };

function windowOf(value: unknown): PlainRecord | null {
  if (value === null || value === undefined) return null;
  const [count, granularity] = String(value).split(/\s+/);
  return { count: Number(count), granularity: (granularity ?? "").replace(/s$/, "") };
}

/** Parsed and kept in the manifest; nothing runs a metric here. Source: dbt-core parser/schema_yaml_readers.py MetricParser. */
export function parseMetrics(section: Section, data: PlainRecord): void {
  for (const entry of entriesOf(section, data)) {
    collectErrors(section.state, () => {
      const { data: m } = entry;
      const type = String(m.type ?? "");
      if (!["simple", "ratio", "cumulative", "derived", "conversion"].includes(type)) {
        throw invalid(
          entry,
          [...entry.path, "type"],
          `metric ${String(m.name)}: '${type}' is not a valid metric type`,
          "Use simple, ratio, cumulative, derived or conversion.",
        );
      }
      const params = isRecord(m.type_params) ? m.type_params : {};
      const { node, config } = baseOf(section, entry, "metric", "metric");
      const inputs = asList(params.metrics).map((x) => nameOr(x, metricDefaults));
      const measure = nameOr(params.measure, measureDefaults);
      Object.assign(node, {
        description: text(m.description),
        label: text(m.label) || node.name,
        type,
        type_params: {
          measure,
          input_measures: measure ? [measure] : [],
          numerator: nameOr(params.numerator, metricDefaults),
          denominator: nameOr(params.denominator, metricDefaults),
          expr: params.expr === undefined || params.expr === null ? null : String(params.expr),
          window: windowOf(params.window),
          grain_to_date: params.grain_to_date ?? null,
          metrics: inputs,
          conversion_type_params: params.conversion_type_params ?? null,
          cumulative_type_params:
            type === "cumulative"
              ? {
                  window: windowOf(params.window),
                  grain_to_date: params.grain_to_date ?? null,
                  period_agg: "first",
                  metric: null,
                  ...(isRecord(params.cumulative_type_params) ? params.cumulative_type_params : {}),
                }
              : null,
          metric_aggregation_params: null,
          fill_nulls_with: null,
          join_to_timespine: false,
          is_private: null,
        },
        filter: filterOf(m.filter),
        metadata: null,
        time_granularity: m.time_granularity ?? null,
        sources: [],
        metrics: [],
        group: config.group ?? null,
        meta: isRecord(config.meta) ? config.meta : {},
        tags: asStrings(config.tags),
      });
      add(section, section.state.runtime.manifest.metrics, node);
    });
  }
}

/** Source: dbt-core parser/schema_yaml_readers.py SemanticModelParser. */
export function parseSemanticModels(section: Section, data: PlainRecord): void {
  for (const entry of entriesOf(section, data)) {
    collectErrors(section.state, () => {
      const { data: s } = entry;
      const { node, config } = baseOf(section, entry, "semantic_model", "semantic_model");
      const named = (value: unknown, defaults: PlainRecord) =>
        asList(value)
          .filter(isRecord)
          .map((x): PlainRecord => {
            const item: PlainRecord = { ...defaults, ...cloneData(x) };
            if (item.expr !== null) item.expr = String(item.expr);
            if (isRecord(item.type_params)) item.type_params = { validity_params: null, ...item.type_params };
            return item;
          });
      Object.assign(node, {
        model: String(s.model),
        node_relation: null,
        description: s.description ?? null,
        label: s.label ?? null,
        defaults: s.defaults ?? null,
        entities: named(s.entities, {
          name: null,
          type: null,
          description: null,
          label: null,
          role: null,
          expr: null,
          config: { meta: {} },
        }),
        measures: named(s.measures, {
          name: null,
          agg: null,
          description: null,
          label: null,
          create_metric: false,
          expr: null,
          agg_params: null,
          non_additive_dimension: null,
          agg_time_dimension: null,
          config: { meta: {} },
        }),
        dimensions: named(s.dimensions, {
          name: null,
          type: null,
          description: null,
          label: null,
          is_partition: false,
          type_params: null,
          expr: null,
          metadata: null,
          config: { meta: {} },
        }),
        metadata: null,
        refs: referencesOf(section, [String(s.model)], `semantic model ${node.name}`).refs,
        primary_entity: s.primary_entity ?? null,
        group: config.group ?? null,
      });
      add(section, section.state.runtime.manifest.semantic_models, node);
    });
  }
}

/** Source: dbt-core parser/schema_yaml_readers.py SavedQueryParser. */
export function parseSavedQueries(section: Section, data: PlainRecord): void {
  for (const entry of entriesOf(section, data)) {
    collectErrors(section.state, () => {
      const { data: q } = entry;
      if (!isRecord(q.query_params))
        throw invalid(
          entry,
          entry.path,
          `saved query ${String(q.name)}: 'query_params' is a required property`,
          "Add query_params:.",
        );
      const params = q.query_params;
      const { node, config } = baseOf(section, entry, "saved_query", "saved_query");
      const { target } = section.state.runtime;
      Object.assign(node, {
        query_params: {
          metrics: asStrings(params.metrics),
          group_by: asStrings(params.group_by),
          where: filterOf(params.where),
          order_by: asStrings(params.order_by),
          limit: params.limit ?? null,
        },
        exports: asList(q.exports)
          .filter(isRecord)
          .map((x) => exportOf(x, config, target.schema, target.database)),
        description: q.description ?? null,
        label: q.label ?? null,
        metadata: null,
        group: config.group ?? null,
        tags: asStrings(config.tags),
      });
      delete config.tags;
      add(section, section.state.runtime.manifest.saved_queries, node);
    });
  }
}

function exportOf(value: PlainRecord, parent: PlainRecord, schema: string, database: string): PlainRecord {
  const config = isRecord(value.config) ? value.config : {};
  return {
    name: value.name ?? null,
    config: {
      export_as: config.export_as ?? parent.export_as ?? "table",
      schema_name: config.schema ?? config.schema_name ?? parent.schema ?? schema,
      alias: config.alias ?? value.name ?? null,
      database: config.database ?? database,
    },
    unrendered_config: config,
  };
}
