import { describe, expect, test } from "vitest";
import { parse, parseError } from "../testing/project.ts";

const properties = `
models:
  - name: m
    description: All of it
    semantic_model: {name: sales, config: {meta: {owner: me}}}
    agg_time_dimension: ordered_on
    columns:
      - {name: id, description: Key, entity: primary}
      - {name: ordered_on, granularity: day, dimension: {type: time, name: ordered_on}}
      - {name: kind, dimension: {type: categorical, name: way, config: {meta: {a: 1}}}}
    derived_semantics:
      dimensions: [{name: month_name, type: categorical, expr: monthname(ordered_on), description: "{{ doc('x') }}"}]
    metrics:
      - {name: total, agg: sum, expr: amount, filter: "{{ Dimension('id__way') }} = 'a'"}
      - {name: twice, type: derived, expr: total * 2, input_metrics: [{name: total, offset_window: 2 weeks}]}
metrics:
  - {name: so_far, type: cumulative, input_metric: total, grain_to_date: month}
`;
const files = {
  "models/m.sql": "select 1 as id",
  "models/s.yml": properties,
  "models/x.md": "{% docs x %}The month{% enddocs %}",
};

describe("a model with semantic_model", () => {
  test("becomes a semantic model of its columns", () => {
    const model = parse(files).other("semantic_models", "semantic_model.shop.sales");
    expect(model).toMatchObject({
      model: "ref('m')",
      description: "All of it",
      defaults: { agg_time_dimension: "ordered_on" },
      depends_on: { nodes: ["model.shop.m"] },
      node_relation: { alias: "m" },
      measures: [],
    });
    expect(model.entities).toEqual([
      expect.objectContaining({ name: "id", type: "primary", description: "Key", expr: null }),
    ]);
    expect(model.dimensions).toEqual([
      expect.objectContaining({
        name: "ordered_on",
        expr: null,
        type_params: expect.objectContaining({ time_granularity: "day" }),
      }),
      expect.objectContaining({ name: "way", expr: "kind", config: { meta: { owner: "me", a: 1 } } }),
      expect.objectContaining({ name: "month_name", expr: "monthname(ordered_on)", config: { meta: { owner: "me" } } }),
    ]);
  });

  test("has metrics that aggregate, and others are made of them", () => {
    const { other } = parse(files);
    expect(other("metrics", "metric.shop.total")).toMatchObject({
      type: "simple",
      type_params: {
        expr: "amount",
        metric_aggregation_params: { semantic_model: "sales", agg: "sum", agg_time_dimension: "ordered_on" },
      },
      filter: { where_filters: [{ where_sql_template: "{{ Dimension('id__way') }} = 'a'" }] },
      depends_on: { nodes: ["semantic_model.shop.sales"] },
    });
    expect(other("metrics", "metric.shop.twice")).toMatchObject({
      type_params: { metrics: [{ name: "total", offset_window: { count: 2, granularity: "week" } }] },
      depends_on: { nodes: ["metric.shop.total"] },
    });
    expect(other("metrics", "metric.shop.so_far").depends_on.nodes).toEqual(["metric.shop.total"]);
  });

  test("false or absent, it has neither", () => {
    const yaml =
      "models: [{name: m, semantic_model: false, metrics: [{name: t, agg: sum}], columns: [{name: id, entity: primary}]}]";
    const { manifest } = parse({ ...files, "models/s.yml": yaml });
    expect([manifest.semantic_models, manifest.metrics]).toEqual([{}, {}]);
    expect(manifest.nodes["model.shop.m"]?.columns.id?.entity).toBe("primary");
  });

  test.each([
    ["metrics: [{name: t, agg: sum}]", "simple metrics in v2 YAML must be attached to semantic_model"],
    ["metrics: [{name: t}]", "Simple metrics must have an agg param."],
    ["metrics: [{name: t, type: cumulative}]", "input_metric is required for cumulative metrics."],
    [
      "metrics: [{name: t, type: conversion, base_metric: a, entity: e}]",
      "conversion_metric is required for conversion",
    ],
    ["metrics: [{name: t, type: derived, input_metrics: [gone]}]", "The metric `gone` does not exist"],
    ["models: [{name: m, semantic_model: {names: x}}]", "Unknown field(s) in semantic_model config: names."],
  ])("%s is refused", (yaml, message) => {
    expect(parseError({ ...files, "models/s.yml": yaml }).message).toContain(message);
  });
});
