import { collectErrors, type ParseState } from "../2-parse/state.ts";
import { warn } from "../context/runtime.ts";
import type { OtherNode, PlainRecord } from "../manifest/types.ts";
import { problem } from "./problem.ts";
import { aggregationFaults, nameFaults, type SemanticIssue } from "./semantic-elements.ts";
import { semanticModelIssues } from "./semantic-model-checks.ts";

/**
 * MetricFlow's checks of semantic models, metrics and saved queries, those that projects meet: one error lists what they find.
 * Source: dbt-core contracts/graph/semantic_manifest.py validate.
 */
export function checkSemantics(state: ParseState): void {
  const { manifest } = state.runtime;
  const metrics = Object.values(manifest.metrics);
  const models = Object.values(manifest.semantic_models);
  if (metrics.length === 0 || models.length === 0) return;
  const queries = Object.values(manifest.saved_queries);
  const issues = [
    ...semanticModelIssues(models),
    ...metrics.flatMap((node) => metricFaults(node).map((message): SemanticIssue => ({ node, message }))),
    ...queries.flatMap((node) => nameFaults(node.name).map((message): SemanticIssue => ({ node, message }))),
    ...oldWindows(state, metrics),
  ];
  const [first] = issues;
  if (!first) return;
  collectErrors(state, () => {
    throw problem(
      first.node,
      `Semantic Manifest validation failed.\n${issues.map(({ message }) => message).join("\n")}`,
      "Correct the semantic models and metrics that the lines name.",
    );
  });
}

function oldWindows({ runtime }: ParseState, metrics: OtherNode[]): SemanticIssue[] {
  const old = metrics.filter(({ type_params: params }) => {
    const { window, grain_to_date: grain } = params as PlainRecord;
    return window !== null || grain !== null;
  });
  const [node] = old;
  if (!node) return [];
  if (runtime.read.root.flags.require_nested_cumulative_type_params === false) {
    warn(
      runtime,
      "Cumulative fields `type_params.window` and `type_params.grain_to_date` have been moved and will soon be deprecated. Please nest those values under `type_params.cumulative_type_params.window` and `type_params.cumulative_type_params.grain_to_date`. See documentation on behavior changes: https://docs.getdbt.com/reference/global-configs/behavior-changes.",
      { name: "MFCumulativeTypeParamsDeprecation", code: "D019" },
    );
    return [];
  }
  const message = `Cumulative fields \`type_params.window\` and \`type_params.grain_to_date\` should be nested under \`type_params.cumulative_type_params.window\` and \`type_params.cumulative_type_params.grain_to_date\`. Invalid metrics: ${old.map((m) => m.name).join(", ")}. See documentation on behavior changes: https://docs.getdbt.com/reference/global-configs/behavior-changes.`;
  return [{ node, message }];
}

/** Source: metricflow_semantic_interfaces validations/metrics.py. */
function metricFaults(metric: OtherNode): string[] {
  const params = metric.type_params as PlainRecord;
  const faults = nameFaults(metric.name);
  const aggregation = params.metric_aggregation_params as PlainRecord | null;
  if (aggregation) {
    const { agg, agg_params: more } = aggregation as { agg: string; agg_params: PlainRecord };
    faults.push(...aggregationFaults("Metric", metric.name, String(agg), params.expr as string | null, more));
  }
  const cumulative = params.cumulative_type_params as PlainRecord | null;
  if (cumulative?.window && cumulative.grain_to_date)
    faults.push("Both window and grain_to_date set for cumulative metric. Please set one or the other.");
  if (metric.type === "derived") faults.push(...derivedFaults(metric, (params.metrics ?? []) as PlainRecord[]));
  return faults;
}

function derivedFaults(metric: OtherNode, inputs: PlainRecord[]): string[] {
  if (inputs.length === 0)
    return [`No input metrics found for derived metric '${metric.name}'. Please add metrics to type_params.metrics.`];
  const faults: string[] = [];
  const used = new Set(inputs.map((input) => String(input.name)));
  for (const { name, alias, offset_window: window, offset_to_grain: grain } of inputs) {
    if (alias) {
      faults.push(...nameFaults(String(alias)));
      if (used.has(String(alias)))
        faults.push(
          `Alias '${String(alias)}' for input metric: '${String(name)}' is already being used. Please choose another alias.`,
        );
    }
    if (window && grain)
      faults.push(
        `Both offset_window and offset_to_grain set for derived metric '${metric.name}' on input metric '${String(name)}'. Please set one or the other.`,
      );
  }
  return faults;
}
