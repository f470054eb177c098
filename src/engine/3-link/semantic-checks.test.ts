import { expect, test } from "vitest";
import { parse, parseError } from "../testing/project.ts";

const yaml = `
semantic_models:
  - name: sales
    model: ref('m')
    defaults: {agg_time_dimension: sold_on}
    entities: [{name: id, type: primary}]
    dimensions: [{name: sold_on, type: time, type_params: {time_granularity: day}}, {name: kind, type: categorical}]
    measures: [{name: amount_sum, agg: sum, expr: amount}]
  - name: visits
    model: ref('m')
    defaults: {agg_time_dimension: seen_on}
    entities: [{name: id, type: foreign}]
    primary_entity: visit
    dimensions: [{name: seen_on, type: time, type_params: {time_granularity: day}}]
    measures: [{name: visit_count, agg: count, expr: 1}]
metrics:
  - {name: revenue, label: R, type: simple, type_params: {measure: amount_sum}}
  - {name: twice, label: T, type: derived, type_params: {expr: revenue * 2, metrics: [revenue]}}
`;
const files = (text: string) => ({ "models/m.sql": "select 1 as id", "models/s.yml": text });

test("sound semantic models pass", () => {
  expect(Object.keys(parse(files(yaml)).manifest.semantic_models)).toHaveLength(2);
});

test.each([
  ["agg: count, expr: 1", "agg: count", "uses a COUNT aggregation, which requires an expr"],
  ["agg: count, expr: 1", "agg: count, expr: distinct id", "Please use the count_distinct aggregation type."],
  ["agg: sum,", "agg: percentile,", "requires agg_params.percentile to be provided."],
  ["agg: sum,", "agg: percentile, agg_params: {percentile: 1.5},", "is '1.5', but must be between 0 and 1"],
  ["agg: sum,", "agg: sum, agg_params: {percentile: 0.5},", "uses agg_params (percentile) only relevant to"],
  [
    "    defaults: {agg_time_dimension: seen_on}\n",
    "",
    "Aggregation time dimension for measure visit_count is not set!",
  ],
  ["agg_time_dimension: seen_on", "agg_time_dimension: gone", "'gone' which doesn't exist as a time dimension"],
  ["    primary_entity: visit\n", "", "visits contains dimensions, but it does not define a primary entity."],
  ["type: primary}]", "type: primary}, {name: ab, type: primary}]", "can have only one primary entity"],
  ["type: foreign", "type: primary", "Both should not be present in the model."],
  ["name: kind", "name: Kind", "Invalid name `Kind` - names may only contain lower case letters"],
  ["name: kind", "name: day", "names cannot match reserved time granularity keywords"],
  ["name: kind", "name: metric_time", "this name is reserved by MetricFlow."],
  ["name: kind", "name: id", "element `id` is of type SemanticModelElementType.DIMENSION"],
  ["name: visit_count", "name: amount_sum", "in multiple semantic models with names (['sales'])"],
  ["name: seen_on, type: time", "name: kind, type: time", "type conflict for dimension `kind`"],
  [
    "time_granularity: day}}, {",
    "time_granularity: day, validity_params: {is_start: true}}}, {",
    "validity params. They",
  ],
  ["metrics: [revenue]}", "metrics: [{name: revenue, alias: revenue}]}", "is already being used."],
  [", metrics: [revenue]}", "}", "No input metrics found for derived metric 'twice'."],
])("%s → %s", (from, to, message) => {
  const error = parseError(files(yaml.replace(from, to)));
  expect(error.message).toMatch(/^Semantic Manifest validation failed\.\n/);
  expect(error.message).toContain(message);
  expect(error.data).toMatchObject({ dbtType: "Parsing Error" });
});
