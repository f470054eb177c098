import { isRecord } from "../context/data.ts";
import type { ColumnInfo, GraphNode, PlainRecord } from "../manifest/types.ts";
import { asList } from "./columns.ts";
import { newMetric } from "./metrics.ts";
import { addOtherNode, otherNode } from "./other-node.ts";
import { invalid, type Section } from "./section.ts";
import type { Entry } from "./state.ts";

const configKeys = ["config", "enabled", "group", "name"];

/**
 * `semantic_model:` of a model makes a semantic model of it: its columns' `entity:` and `dimension:`, what `derived_semantics`
 * adds, and the metrics under the model. Source: dbt-core parser/schema_yaml_readers.py parse_v2_semantic_model_from_dbt_model_patch.
 */
export function modelSemantics(section: Section, entry: Entry, node: GraphNode): void {
  const { data } = entry;
  const given = data.semantic_model;
  if (given === undefined || given === null || given === false) return;
  const own = isRecord(given) ? given : {};
  const unknown = Object.keys(own).filter((key) => !configKeys.includes(key));
  if (unknown.length > 0) {
    throw invalid(
      entry,
      [...entry.path, "semantic_model"],
      `Unknown field(s) in semantic_model config: ${unknown.sort().join(", ")}. Valid fields are: ${configKeys.join(", ")}.`,
      "Remove them.",
    );
  }
  if (own.enabled === false) return;
  const name = String(own.name ?? node.name);
  const aggTimeDimension = (data.agg_time_dimension as string | undefined) ?? null;
  addSemanticModel(section, entry, node, name, isRecord(given) ? configOf(own) : {});
  for (const metric of asList(data.metrics).filter(isRecord))
    newMetric(section, entry, metric, { semanticModel: name, aggTimeDimension });
}

/** Only meta of its `config:` counts, and that only with a `config:`. */
function configOf(own: PlainRecord): PlainRecord {
  if (!isRecord(own.config)) return {};
  const group = own.group === undefined || own.group === null ? {} : { group: own.group };
  return { meta: isRecord(own.config.meta) ? own.config.meta : {}, enabled: true, ...group };
}

function addSemanticModel(section: Section, entry: Entry, model: GraphNode, name: string, own: PlainRecord): void {
  const { data } = entry;
  const { node, config } = otherNode(section, "semantic_model", name, own);
  const inherited = isRecord(config.meta) ? config.meta : {};
  const withMeta = (elements: PlainRecord[]): PlainRecord[] =>
    elements.map(({ meta, ...item }) => ({ ...item, config: { meta: { ...inherited, ...(meta as PlainRecord) } } }));
  const derived = isRecord(data.derived_semantics) ? data.derived_semantics : {};
  const more = (key: string) => asList(derived[key]).filter(isRecord);
  const columns = Object.values(model.columns);
  Object.assign(node, {
    model: `ref('${model.name}')`,
    node_relation: null,
    description: model.description,
    label: null,
    defaults: { agg_time_dimension: data.agg_time_dimension ?? null },
    entities: withMeta([...columns.flatMap(columnEntity), ...more("entities").map(derivedEntity)]),
    measures: [],
    dimensions: withMeta([...columns.flatMap(columnDimension), ...more("dimensions").map(derivedDimension)]),
    metadata: null,
    refs: [{ name: model.name, package: null, version: null }],
    primary_entity: data.primary_entity ?? null,
    group: config.group ?? null,
  });
  addOtherNode(section, section.state.runtime.manifest.semantic_models, node);
}

const metaOf = (value: unknown): PlainRecord => {
  const config = isRecord(value) ? value.config : undefined;
  return isRecord(config) && isRecord(config.meta) ? config.meta : {};
};

/** An element that is called otherwise than its column. */
const columnExpression = (name: unknown, column: ColumnInfo): string | null =>
  name === column.name ? null : column.name;

function columnEntity(column: ColumnInfo): PlainRecord[] {
  const entity: unknown = column.entity;
  if (entity === null || entity === undefined) return [];
  const own = isRecord(entity) ? entity : { name: column.name, type: entity, description: column.description };
  const hasMeta = isRecord(own.config) && isRecord(own.config.meta);
  return [
    {
      name: own.name,
      type: own.type,
      description: own.description ?? null,
      label: own.label ?? null,
      role: null,
      expr: columnExpression(own.name, column),
      meta: hasMeta ? metaOf(own) : metaOf(column),
    },
  ];
}

function columnDimension(column: ColumnInfo): PlainRecord[] {
  const { granularity } = column;
  const dimension: unknown = column.dimension;
  if (dimension === null || dimension === undefined) return [];
  const own = isRecord(dimension) ? dimension : { name: column.name, type: dimension, description: column.description };
  return [
    {
      name: own.name,
      type: own.type,
      description: own.description ?? null,
      label: own.label ?? null,
      is_partition: own.is_partition ?? false,
      // A dimension that is a type alone takes no granularity from its column.
      type_params:
        isRecord(dimension) && granularity
          ? { time_granularity: granularity, validity_params: own.validity_params ?? null }
          : null,
      expr: columnExpression(own.name, column),
      metadata: null,
      meta: { ...metaOf(column), ...metaOf(own) },
    },
  ];
}

const derivedEntity = (entity: PlainRecord): PlainRecord => ({
  name: entity.name ?? null,
  type: entity.type ?? null,
  description: entity.description ?? null,
  label: entity.label ?? null,
  role: null,
  expr: entity.expr ?? null,
  meta: metaOf(entity),
});

function derivedDimension(dimension: PlainRecord): PlainRecord {
  const { granularity, validity_params: validity } = dimension;
  return {
    name: dimension.name ?? null,
    type: dimension.type ?? null,
    description: dimension.description ?? null,
    label: dimension.label ?? null,
    is_partition: dimension.is_partition ?? false,
    type_params: granularity
      ? {
          time_granularity: granularity,
          validity_params: isRecord(validity) ? { is_start: false, is_end: false, ...validity } : null,
        }
      : null,
    expr: dimension.expr ?? null,
    metadata: null,
    meta: metaOf(dimension),
  };
}
