import { expect, test } from "vitest";
import { parse, parseError } from "../testing/project.ts";

const model = { "models/m.sql": "select 1 as ds" };

test.each([
  [
    "exposures: [{name: e, type: ml, owner: {email: x}, enabled: false}]",
    "@ exposures: {'name': 'e', 'type': 'ml', 'owner': {'email': 'x'}, 'enabled': False} - at path []: Additional properties are not allowed ('enabled' was unexpected)",
  ],
  ["exposures: [{name: e, type: ml}]", "- at path []: 'owner' is a required property"],
  ["unit_tests: [{name: u, given: [], expect: {rows: []}}]", "- at path []: 'model' is a required property"],
  [
    "models: [{name: m, description: 5}]",
    "@ models: {'name': 'm', 'description': 5, 'original_file_path': 'models/s.yml', 'yaml_key': 'models', 'package_name': 'shop'} - at path ['description']: 5 is not of type 'string'",
  ],
  ["models: [{name: m, columns: abc}]", "- at path ['columns']: 'abc' is not of type 'array'"],
  [
    "models: [{name: m, versions: [{x: 1}]}]",
    "- at path ['versions'][0]: Additional properties are not allowed ('x' was unexpected)",
  ],
  [
    "sources: [{name: s, tables: [{name: t, freshness: {warn_after: {count: 1, period: week}}}]}]",
    "- at path ['tables'][0]['freshness']: {'warn_after': {'count': 1, 'period': 'week'}} is not valid under any of the given schemas",
  ],
  [
    "models: [{name: m, columns: [{name: ds, data_tests: {accepted_values: {values: [a]}}}]}]",
    "- at path ['columns'][0]['data_tests']: {'accepted_values': {'values': ['a']}} is not of type 'array'",
  ],
  [
    "models: [{name: m, columns: [{name: ds, tests: [unique], data_tests: [not_null]}]}]",
    "- at path ['columns'][0]: Invalid test config: cannot have both 'tests' and 'data_tests' defined",
  ],
  [
    'sources: [{name: s, tables: [{name: t, loaded_at_field: ""}]}]',
    "- at path ['tables'][0]: loaded_at_field cannot be an empty string.",
  ],
])("%s is refused in dbt's words", (yml, message) => {
  const error = parseError({ ...model, "models/s.yml": yml });
  expect(error.message).toContain(message);
  expect(error.place).toMatchObject({ file: "models/s.yml", line: 1 });
});

test("entries that dbt accepts are accepted: unknown keys of models, tables and columns, empty values", () => {
  const { node } = parse({
    ...model,
    "models/s.yml":
      "models: [{name: m, owner: x, description: , columns: [{name: ds, policy_tags: [a]}]}]\nsources: [{name: s, tables: [{name: t, extra: 1}]}]",
  });
  expect(node("model.shop.m").columns.ds).toMatchObject({ policy_tags: ["a"] });
});

test.each([
  ["nope", "[{name: ds, granularity: day}]", "Got invalid column name 'nope' for model 'm'. Valid names: ['ds']."],
  ["ds", "[{name: ds}]", "Please add one for column 'ds' in model 'm'."],
])("a time spine on %s of %s is refused", (column, columns, message) => {
  const yml = `models: [{name: m, time_spine: {standard_granularity_column: ${column}}, columns: ${columns}}]`;
  expect(parseError({ ...model, "models/s.yml": yml }).message).toContain(message);
});
