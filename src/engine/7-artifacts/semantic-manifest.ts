import { join } from "node:path";
import { engineError } from "../errors.ts";
import type { GraphNode, Manifest, Plain, PlainRecord } from "../manifest/types.ts";
import { toJson } from "./json.ts";
import { writeAtomically } from "./write-file.ts";

/** The version of the format, as the package that dbt writes it with names itself. */
const formatVersion = { major_version: "0", minor_version: "213", patch_version: "0" };
const legacyTimeSpine = "metricflow_time_spine";

/** A semantic_manifest.json as plain data: semantic models, metrics and saved queries as MetricFlow reads them. */
export function semanticManifest(manifest: Manifest): PlainRecord {
  const models = Object.values(manifest.nodes).filter((node) => node.resource_type === "model");
  const legacy = models.find((node) => node.name === legacyTimeSpine && !node.time_spine);
  checkTimeSpines(manifest, models);
  return {
    semantic_models: Object.values(manifest.semantic_models).map(semanticModel),
    metrics: Object.values(manifest.metrics).map(metric),
    project_configuration: {
      time_spine_table_configurations:
        legacy && Object.keys(manifest.semantic_models).length > 0
          ? [{ location: legacy.relation_name, column_name: "date_day", grain: "day" }]
          : [],
      metadata: null,
      dsi_package_version: formatVersion,
      time_spines: models.filter((node) => node.time_spine).map(timeSpine),
    },
    saved_queries: Object.values(manifest.saved_queries).map(savedQuery),
  };
}

const upToDay = new Set(["nanosecond", "microsecond", "millisecond", "second", "minute", "hour", "day"]);

/** Semantic models need a time spine of days or less. Source: dbt-core contracts/graph/semantic_manifest.py. */
function checkTimeSpines(manifest: Manifest, models: GraphNode[]): void {
  if (Object.keys(manifest.semantic_models).length === 0) return;
  const fine = models.some((node) => {
    const column = (node.time_spine as PlainRecord | null | undefined)?.standard_granularity_column;
    return node.name === legacyTimeSpine || upToDay.has(String(node.columns[String(column)]?.granularity));
  });
  if (fine) return;
  throw engineError("parsing", {
    message:
      "The semantic layer requires a time spine model with granularity DAY or smaller in the project, but none was found. Guidance on creating this model can be found on our docs site (https://docs.getdbt.com/docs/build/metricflow-time-spine).",
    hint: "Give a model of all days `time_spine:` with its column, and the column `granularity: day`.",
  });
}

/** Writes target/semantic_manifest.json and returns its path. */
export function writeSemanticManifest(targetFolder: string, manifest: Manifest): string {
  const file = join(targetFolder, "semantic_manifest.json");
  writeAtomically(file, toJson(semanticManifest(manifest)));
  return file;
}

/** The named fields of a record, null where it has none. */
function pick(from: PlainRecord, ...names: string[]): PlainRecord {
  return Object.fromEntries(names.map((name) => [name, from[name] ?? null]));
}

const meta = (from: PlainRecord): PlainRecord => ({ meta: (from.config as PlainRecord | null)?.meta ?? {} });
const records = (list: Plain): PlainRecord[] => (Array.isArray(list) ? (list as PlainRecord[]) : []);

function semanticModel(node: PlainRecord): PlainRecord {
  return {
    ...pick(node, "name", "defaults", "description", "node_relation", "primary_entity"),
    entities: records(node.entities).map((entity) => ({
      ...pick(entity, "name", "description", "type", "role", "expr", "metadata", "label"),
      config: meta(entity),
    })),
    measures: records(node.measures).map((measure) => ({
      ...pick(measure, "name", "agg", "description"),
      create_metric: measure.create_metric ?? false,
      ...pick(measure, "expr", "agg_params", "metadata", "non_additive_dimension", "agg_time_dimension", "label"),
      config: meta(measure),
    })),
    dimensions: records(node.dimensions).map((dimension) => ({
      ...pick(dimension, "name", "description", "type", "datatype"),
      is_partition: dimension.is_partition ?? false,
      ...pick(dimension, "type_params", "expr", "metadata", "label"),
      config: meta(dimension),
    })),
    ...pick(node, "label", "metadata"),
    config: meta(node),
  };
}

function metric(node: PlainRecord): PlainRecord {
  const parameters = (node.type_params ?? {}) as PlainRecord;
  return {
    ...pick(node, "name", "description", "type", "datatype"),
    type_params: {
      ...pick(parameters, "measure", "numerator", "denominator", "expr", "window", "grain_to_date", "metrics"),
      ...pick(parameters, "conversion_type_params", "cumulative_type_params"),
      input_measures: parameters.input_measures ?? [],
      ...pick(parameters, "metric_aggregation_params"),
      join_to_timespine: parameters.join_to_timespine ?? false,
      ...pick(parameters, "fill_nulls_with", "is_private"),
    },
    ...pick(node, "filter", "metadata", "label"),
    config: meta(node),
    ...pick(node, "time_granularity"),
  };
}

function savedQuery(node: PlainRecord): PlainRecord {
  const query = (node.query_params ?? {}) as PlainRecord;
  const tags = typeof node.tags === "string" ? [node.tags] : [...((node.tags ?? []) as string[])];
  return {
    name: node.name,
    query_params: {
      metrics: query.metrics ?? [],
      group_by: query.group_by ?? [],
      order_by: query.order_by ?? [],
      ...pick(query, "limit", "where"),
    },
    ...pick(node, "description", "metadata", "label"),
    exports: records(node.exports).map((one) => ({
      name: one.name,
      config: pick((one.config ?? {}) as PlainRecord, "export_as", "schema_name", "alias"),
    })),
    tags: tags.sort(),
  };
}

function timeSpine(node: GraphNode): PlainRecord {
  const spine = node.time_spine as PlainRecord;
  const column = String(spine.standard_granularity_column);
  return {
    node_relation: {
      alias: node.alias,
      schema_name: node.schema,
      database: node.database,
      relation_name: node.relation_name,
    },
    primary_column: { name: column, time_granularity: node.columns[column]?.granularity ?? null },
    custom_granularities: records(spine.custom_granularities).map((one) => pick(one, "name", "column_name")),
  };
}
