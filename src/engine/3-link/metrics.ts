import { isDeepStrictEqual } from "node:util";
import { collectErrors, type ParseState } from "../2-parse/state.ts";
import { engineError } from "../errors.ts";
import type { GraphNode, OtherNode, PlainRecord } from "../manifest/types.ts";
import { addDependency, type Linkable } from "./linkable.ts";
import type { NodeLookup } from "./lookup.ts";
import { notFound } from "./resolve.ts";

interface TypeParams {
  measure: PlainRecord | null;
  input_measures: PlainRecord[];
  numerator: PlainRecord | null;
  denominator: PlainRecord | null;
  metrics: PlainRecord[];
  conversion_type_params: {
    base_measure: PlainRecord | null;
    conversion_measure: PlainRecord | null;
    base_metric: PlainRecord | null;
    conversion_metric: PlainRecord | null;
  } | null;
  cumulative_type_params: { metric: PlainRecord | null } | null;
  metric_aggregation_params: { semantic_model: string } | null;
}

/**
 * Semantic models get their relation, metrics the measures and metrics that they are made of, and whatever names a metric its edge.
 * Source: dbt-core parser/manifest.py process_metrics, _process_metric_node, _process_metrics_for_node.
 */
export function linkMetrics(state: ParseState, lookup: NodeLookup): void {
  const { manifest } = state.runtime;
  const owners = { enabled: new Map<string, OtherNode>(), disabled: new Map<string, OtherNode>() };
  const own = (model: OtherNode, list: Map<string, OtherNode>): void => {
    for (const measure of (model.measures as { name: string }[] | undefined) ?? []) list.set(measure.name, model);
  };
  for (const model of Object.values(manifest.semantic_models)) {
    own(model, owners.enabled);
    linkSemanticModel(state, model);
  }
  for (const node of Object.values(manifest.disabled).flat())
    if (node.resource_type === "semantic_model") own(node as OtherNode, owners.disabled);
  const linker = new MetricLinker(state.runtime.read.root.name, manifest.metrics, disabledNames(state), owners);
  for (const metric of Object.values(manifest.metrics)) collectErrors(state, () => linker.link(metric));
  for (const query of Object.values(manifest.saved_queries)) {
    for (const name of (query.query_params as { metrics: string[] }).metrics) {
      collectErrors(state, () => addDependency(query as Linkable, named(linker, lookup, query, [name])));
    }
  }
  const holders = [...Object.values(manifest.exposures), ...Object.values(manifest.nodes)] as Linkable[];
  for (const holder of holders) {
    for (const metric of (holder.metrics as string[][] | undefined) ?? []) {
      collectErrors(state, () => addDependency(holder, named(linker, lookup, holder, metric)));
    }
  }
}

function disabledNames(state: ParseState): Set<string> {
  const disabled = Object.values(state.runtime.manifest.disabled).flat();
  return new Set(disabled.filter((n) => n.resource_type === "metric").map((n) => n.name));
}

function named(linker: MetricLinker, lookup: NodeLookup, from: GraphNode | OtherNode, args: string[]): string {
  const name = args.at(-1) ?? "";
  const found = linker.byName.get(name);
  if (found) return found.unique_id;
  throw notFound(lookup, from, "metric", name, {
    package: args.length === 2 ? (args[0] ?? null) : null,
    disabled: linker.disabled.has(name),
  });
}

class MetricLinker {
  readonly byName: Map<string, OtherNode>;
  readonly disabled: Set<string>;
  readonly #owners: Map<string, OtherNode>;
  readonly #disabledOwners: Map<string, OtherNode>;
  readonly #linked = new Set<OtherNode>();
  readonly #root: string;

  constructor(
    root: string,
    metrics: Record<string, OtherNode>,
    disabled: Set<string>,
    owners: { enabled: Map<string, OtherNode>; disabled: Map<string, OtherNode> },
  ) {
    this.#root = root;
    this.byName = new Map(Object.values(metrics).map((m) => [m.name, m]));
    this.disabled = disabled;
    this.#owners = owners.enabled;
    this.#disabledOwners = owners.disabled;
  }

  link(metric: OtherNode): void {
    if (this.#linked.has(metric)) return;
    this.#linked.add(metric);
    const params = metric.type_params as TypeParams;
    const { conversion_type_params: conversion } = params;
    const { metric_aggregation_params: aggregation, cumulative_type_params: cumulative } = params;
    // Metrics without measures: dbt 1.12's form.
    if (aggregation) {
      addDependency(metric as Linkable, `semantic_model.${this.#root}.${aggregation.semantic_model}`);
      return;
    }
    if (cumulative?.metric) return this.#metrics(metric, [cumulative.metric]);
    if (conversion?.base_metric && conversion.conversion_metric)
      return this.#metrics(metric, [conversion.base_metric, conversion.conversion_metric]);
    switch (metric.type) {
      case "simple":
      case "cumulative":
        this.#measures(metric, [params.measure]);
        break;
      case "conversion":
        this.#measures(metric, [conversion?.base_measure ?? null, conversion?.conversion_measure ?? null]);
        break;
      case "ratio":
        if (!params.numerator || !params.denominator) {
          throw problem(
            metric,
            "Invalid ratio metric. Both a numerator and denominator must be specified",
            "Name both metrics.",
          );
        }
        this.#metrics(metric, [params.numerator, params.denominator]);
        break;
      default:
        this.#metrics(metric, params.metrics);
    }
  }

  #measures(metric: OtherNode, measures: (PlainRecord | null)[]): void {
    for (const measure of measures) {
      if (!measure)
        throw problem(
          metric,
          `${title(metric)} metric ${metric.name} should have a measure defined, but it does not.`,
          "Name a measure of a semantic model.",
        );
      addMeasure(metric, measure);
      const owner = this.#owners.get(String(measure.name));
      const off = owner ? undefined : this.#disabledOwners.get(String(measure.name));
      if (off) {
        throw problem(
          metric,
          `The measure \`${String(measure.name)}\` is referenced on disabled semantic model \`${off.name}\`.`,
          "Enable the semantic model, or disable the metric.",
        );
      }
      if (!owner) {
        throw problem(
          metric,
          `A semantic model having a measure \`${String(measure.name)}\` does not exist but was referenced.`,
          "Define the measure in a semantic model.",
        );
      }
      addDependency(metric as Linkable, owner.unique_id);
    }
  }

  #metrics(metric: OtherNode, inputs: PlainRecord[]): void {
    for (const input of inputs) {
      const name = String(input.name);
      const target = this.byName.get(name);
      if (!target) {
        const text = this.disabled.has(name)
          ? `The metric \`${name}\` is disabled and thus cannot be referenced.`
          : `The metric \`${name}\` does not exist but was referenced by metric \`${metric.name}\`.`;
        throw problem(metric, text, "Define or enable the metric.");
      }
      this.link(target);
      for (const measure of (target.type_params as TypeParams).input_measures) addMeasure(metric, measure);
      addDependency(metric as Linkable, target.unique_id);
    }
  }
}

const title = ({ type }: OtherNode): string => String(type).charAt(0).toUpperCase() + String(type).slice(1);

function addMeasure(metric: OtherNode, measure: PlainRecord): void {
  const { input_measures: inputs } = metric.type_params as TypeParams;
  if (!inputs.some((known) => isDeepStrictEqual(known, measure))) inputs.push(measure);
}

function problem(metric: OtherNode, message: string, hint: string) {
  return engineError("parsing", {
    message,
    place: { file: metric.original_file_path },
    hint,
    data: { node: `metric ${metric.name} (${metric.original_file_path})`, uniqueId: metric.unique_id },
  });
}

function linkSemanticModel(state: ParseState, model: OtherNode): void {
  const [id] = model.depends_on.nodes;
  const target = id === undefined ? undefined : state.runtime.manifest.nodes[id];
  if (!target) return;
  model.node_relation = {
    alias: target.alias,
    schema_name: target.schema,
    database: target.database,
    relation_name: target.relation_name,
  };
}
