import { isRecord } from "../context/data.ts";
import type { PlainRecord } from "../manifest/types.ts";
import { asList, asStrings, text } from "./columns.ts";
import { addOtherNode, filterOf, otherNode } from "./other-node.ts";
import { ownConfig } from "./patch.ts";
import { entriesOf, invalid, type Section } from "./section.ts";
import { collectErrors, type Entry } from "./state.ts";

const metricTypes = ["simple", "ratio", "cumulative", "derived", "conversion"];
const grains = new Set([
  "nanosecond",
  "microsecond",
  "millisecond",
  "second",
  "minute",
  "hour",
  "day",
  "week",
  "month",
  "quarter",
  "year",
]);

/** What a simple metric of dbt 1.12's form aggregates over. */
export interface MetricOwner {
  semanticModel: string;
  aggTimeDimension: string | null;
}

/** Metrics are parsed and kept in the manifest; nothing runs a metric here. Source: dbt-core parser/schema_yaml_readers.py MetricParser. */
export function parseMetrics(section: Section, data: PlainRecord): void {
  for (const entry of entriesOf(section, data)) {
    collectErrors(section.state, () => {
      const { data: m } = entry;
      // What tells the two forms apart is type_params.
      if (!("type_params" in m)) return newMetric(section, entry, m, undefined);
      checkName(entry, String(m.name));
      checkType(entry, m);
      addMetric(section, entry, m, ownConfig(entry, m));
    });
  }
}

function checkType(entry: Entry, m: PlainRecord): void {
  if (typeof m.type === "string") m.type = m.type.toLowerCase();
  const type = String(m.type ?? "");
  if (metricTypes.includes(type)) return;
  throw invalid(
    entry,
    [...entry.path, "type"],
    `metric ${String(m.name)}: '${type}' is not a valid metric type`,
    "Use simple, ratio, cumulative, derived or conversion.",
  );
}

/** A metric of dbt 1.12's form, without `type_params`: under a model, or on its own when it is made of other metrics. */
export function newMetric(section: Section, entry: Entry, written: PlainRecord, owner: MetricOwner | undefined): void {
  const m: PlainRecord = { ...written, type: written.type ?? "simple" };
  checkName(entry, String(m.name));
  checkType(entry, m);
  const fail = (text: string, hint: string) => invalid(entry, entry.path, text, hint);
  const simple = m.type === "simple";
  if (simple && (m.agg === undefined || m.agg === null))
    throw fail("Simple metrics must have an agg param.", "Add agg:, such as sum or count.");
  if (simple && !owner)
    throw fail("simple metrics in v2 YAML must be attached to semantic_model", "Put it under metrics: of its model.");
  const needs: Record<string, string[]> = {
    cumulative: ["input_metric"],
    conversion: ["base_metric", "conversion_metric", "entity"],
  };
  for (const key of needs[String(m.type)] ?? [])
    if (m[key] === undefined || m[key] === null)
      throw fail(`${key} is required for ${String(m.type)} metrics.`, `Add ${key}:.`);
  // Tags and meta are config in this form.
  const { tags: _tags, meta: _meta, ...rest } = m;
  addMetric(section, entry, rest, ownConfig(entry, m), newTypeParams(entry, m, simple ? owner : undefined));
}

/** Source: dbt-core contracts/graph/unparsed.py UnparsedMetric.validate */
function checkName(entry: Entry, name: string): void {
  const faults = [
    name.includes(" ") && "cannot contain spaces",
    name.length > 250 && "cannot contain more than 250 characters",
    !/^[A-Za-z]/.test(name) && "must begin with a letter",
    !/^\w+$/u.test(name) && "must contain only letters, numbers and underscores",
  ].filter((fault) => fault !== false);
  if (faults.length > 0)
    throw invalid(
      entry,
      [...entry.path, "name"],
      `The metric name '${name}' is invalid.  It ${faults.join(", ")}`,
      "Give the metric another name.",
    );
}

/** The metric that a measure with `create_metric: true` makes, with the semantic model's meta. */
export function metricOfMeasure(section: Section, entry: Entry, measure: PlainRecord, model: PlainRecord): void {
  const metric = {
    name: measure.name,
    label: text(measure.label) || measure.name,
    type: "simple",
    type_params: { measure: measure.name, expr: measure.expr ?? measure.name },
    description: text(measure.description) || `Metric created from measure ${String(measure.name)}`,
  };
  addMetric(section, entry, metric, { enabled: model.enabled, meta: model.meta });
}

function addMetric(section: Section, entry: Entry, m: PlainRecord, own: PlainRecord, params?: PlainRecord): void {
  const { node, config } = otherNode(section, "metric", String(m.name), own);
  const hasMeta = params === undefined && isRecord(config.meta) && Object.keys(config.meta).length > 0;
  const configured = hasMeta ? config.meta : undefined;
  Object.assign(node, {
    description: text(m.description),
    label: text(m.label) || node.name,
    type: m.type,
    type_params: params ?? typeParams(entry, String(m.type), isRecord(m.type_params) ? m.type_params : {}),
    filter: filterOf(m.filter),
    metadata: null,
    time_granularity: m.time_granularity ?? null,
    sources: [],
    metrics: [],
    group: config.group ?? null,
    meta: configured ?? (isRecord(m.meta) ? m.meta : {}),
    tags: asStrings(m.tags),
  });
  addOtherNode(section, section.state.runtime.manifest.metrics, node);
}

/** Another metric as a part of one. */
function inputMetric(entry: Entry, value: unknown): PlainRecord | null {
  if (value === null || value === undefined) return null;
  const input = isRecord(value) ? value : { name: String(value) };
  return {
    name: input.name ?? null,
    filter: filterOf(input.filter),
    alias: input.alias ?? null,
    offset_window: windowOf(entry, input.offset_window),
    offset_to_grain: input.offset_to_grain ?? null,
  };
}

/** Source: dbt-core parser/schema_yaml_readers.py MetricParser._get_metric_type_params. */
function newTypeParams(entry: Entry, m: PlainRecord, owner: MetricOwner | undefined): PlainRecord {
  const metric = (value: unknown) => inputMetric(entry, value);
  return {
    measure: null,
    input_measures: [],
    numerator: metric(m.numerator),
    denominator: metric(m.denominator),
    expr: textOrNull(m.expr),
    window: windowOf(entry, m.window),
    grain_to_date: null,
    metrics: asList(m.input_metrics).map(metric),
    conversion_type_params:
      m.type === "conversion"
        ? {
            entity: m.entity ?? null,
            base_measure: null,
            conversion_measure: null,
            base_metric: metric(m.base_metric),
            conversion_metric: metric(m.conversion_metric),
            calculation: m.calculation ?? null,
            window: windowOf(entry, m.window),
            constant_properties: m.constant_properties ?? null,
          }
        : null,
    cumulative_type_params:
      m.type === "cumulative"
        ? {
            window: windowOf(entry, m.window),
            grain_to_date: m.grain_to_date ?? null,
            period_agg: m.period_agg ?? "first",
            metric: metric(m.input_metric),
          }
        : null,
    metric_aggregation_params: owner ? aggregation(m, owner) : null,
    fill_nulls_with: null,
    join_to_timespine: m.join_to_timespine === true,
    is_private: m.hidden === true,
  };
}

function aggregation(m: PlainRecord, owner: MetricOwner): PlainRecord {
  const percentile = text(m.percentile_type).toLowerCase();
  const additive = m.non_additive_dimension;
  return {
    semantic_model: owner.semanticModel,
    agg: m.agg ?? null,
    agg_params: {
      percentile: m.percentile ?? null,
      use_discrete_percentile: percentile === "discrete",
      use_approximate_percentile: percentile === "continuous",
    },
    agg_time_dimension: m.agg_time_dimension ?? owner.aggTimeDimension,
    non_additive_dimension: isRecord(additive)
      ? {
          name: additive.name ?? null,
          window_choice: additive.window_agg ?? null,
          window_groupings: asList(additive.group_by),
        }
      : null,
  };
}

function typeParams(entry: Entry, type: string, params: PlainRecord): PlainRecord {
  const window = (value: unknown) => windowOf(entry, value);
  const metric = (value: unknown) => inputMetric(entry, value);
  return {
    measure: measureOf(params.measure),
    // Filled when metrics are linked: they take on the measures of the metrics that they are made of.
    input_measures: [],
    numerator: metric(params.numerator),
    denominator: metric(params.denominator),
    expr: textOrNull(params.expr),
    window: window(params.window),
    grain_to_date: params.grain_to_date ?? null,
    metrics: asList(params.metrics).map(metric),
    conversion_type_params: conversion(params.conversion_type_params, window),
    cumulative_type_params: type === "cumulative" ? cumulative(params, window) : null,
    metric_aggregation_params: null,
    fill_nulls_with: null,
    join_to_timespine: false,
    is_private: null,
  };
}

const textOrNull = (value: unknown): string | null => (value === undefined || value === null ? null : String(value));

function measureOf(value: unknown): PlainRecord | null {
  if (value === null || value === undefined) return null;
  const input = isRecord(value) ? value : { name: String(value) };
  return {
    name: input.name ?? null,
    filter: filterOf(input.filter),
    alias: input.alias ?? null,
    join_to_timespine: input.join_to_timespine ?? false,
    fill_nulls_with: input.fill_nulls_with ?? null,
  };
}

type Window = (value: unknown) => PlainRecord | null;

function conversion(value: unknown, window: Window): PlainRecord | null {
  if (!isRecord(value)) return null;
  return {
    entity: value.entity ?? null,
    base_measure: measureOf(value.base_measure),
    conversion_measure: measureOf(value.conversion_measure),
    base_metric: null,
    conversion_metric: null,
    calculation: value.calculation ?? "conversion_rate",
    window: window(value.window),
    constant_properties: value.constant_properties ?? null,
  };
}

function cumulative(params: PlainRecord, window: Window): PlainRecord {
  const own = isRecord(params.cumulative_type_params) ? params.cumulative_type_params : {};
  return {
    window: window(own.window ?? params.window),
    grain_to_date: own.grain_to_date ?? params.grain_to_date ?? null,
    period_agg: own.period_agg ?? "first",
    metric: null,
  };
}

/** `7 days` as count and granularity. */
function windowOf(entry: Entry, value: unknown): PlainRecord | null {
  if (value === null || value === undefined) return null;
  const parts = String(value).toLowerCase().split(" ");
  const [count = "", unit = ""] = parts;
  if (parts.length !== 2 || !/^\d+$/.test(count)) {
    throw invalid(
      entry,
      entry.path,
      parts.length === 2
        ? `Invalid count (${count}) in cumulative/conversion metric window string: (${String(value)})`
        : `Invalid window (${String(value)}) in cumulative/conversion metric. Should be of the form \`<count> <granularity>\`, e.g., \`28 days\``,
      "Write the window as `28 days`.",
    );
  }
  const single = unit.replace(/s$/, "");
  return { count: Number(count), granularity: grains.has(single) ? single : unit };
}
