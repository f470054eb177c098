import { describe, expect, test } from "vitest";
import { parse, parseError, type Files } from "../testing/project.ts";

const properties = `
functions:
  - name: tax
    arguments: [{name: amount, data_type: double}]
    returns: {data_type: double, description: With tax}
    overloads:
      - {defined_in: tax_text, arguments: [{name: amount, data_type: text}]}
`;
const files: Files = {
  "functions/tax.sql": "{{ config(volatility='stable') }} amount * 1.2",
  "functions/tax_text.sql": "{{ function('double') }}(amount::double) -- {{ ref('m') }}",
  "functions/double.py": "def main(x):\n    return x",
  "functions/f.yml": properties,
  "models/m.sql": "select 1 as id",
  "models/uses.sql": "select {{ function('shop', 'tax') }}(1)",
};

describe("functions", () => {
  test("are nodes of their own section, described by properties", () => {
    const { manifest, node } = parse(files);
    expect(Object.keys(manifest.functions).toSorted()).toEqual(["function.shop.double", "function.shop.tax"]);
    expect(manifest.functions["function.shop.tax"]).toMatchObject({
      config: { materialized: "function", type: "scalar", volatility: "stable" },
      relation_name: '"shop"."main"."tax"',
      arguments: [{ name: "amount", data_type: "double", description: null, default_value: null }],
      returns: { data_type: "double", description: "With tax" },
      overloads: [{ defined_in: "tax_text", raw_body: files["functions/tax_text.sql"] }],
      depends_on: { nodes: ["model.shop.m", "function.shop.double"] },
    });
    expect(manifest.functions["function.shop.double"]).toMatchObject({
      language: "python",
      returns: { data_type: "INVALID_TYPE" },
    });
    expect(node("model.shop.uses")).toMatchObject({
      functions: [["shop", "tax"]],
      depends_on: { nodes: ["function.shop.tax"] },
    });
  });

  test.each<[string, Files, string]>([
    ["unknown", { "models/u.sql": "{{ function('taxx') }}" }, "depends on a function named 'taxx' which was not found"],
    [
      "disabled",
      { "functions/off.sql": "{{ config(enabled=false) }} 1", "models/u.sql": "{{ function('off') }}" },
      "depends on a function named 'off' which is disabled",
    ],
    [
      "JavaScript",
      { "functions/j.js": "return 1" },
      "Function 'j' uses JavaScript, which is not supported on 'duckdb'",
    ],
    ["no returns", { "functions/g.yml": "functions: [{name: double}]" }, "'returns' is a required property"],
    [
      "order of defaults",
      {
        "functions/g.yml":
          "functions: [{name: double, returns: {data_type: int}, arguments: [{name: a, data_type: int, default_value: 1}, {name: b, data_type: int}]}]",
      },
      "Non-defaulted argument 'b' of function 'double' comes after a defaulted argument.",
    ],
    [
      "overload of itself",
      { "functions/f.yml": properties.replace("tax_text", "tax") },
      "Function 'tax' cannot list itself in overloads (defined_in: 'tax').",
    ],
    [
      "overload that is not there",
      { "functions/f.yml": properties.replace("tax_text", "other") },
      "Expected a SQL file at functions/other.sql",
    ],
    [
      "overload of two",
      {
        "functions/g.yml":
          "functions: [{name: double, returns: {data_type: int}, overloads: [{defined_in: tax_text}]}]",
      },
      "is already used by 'function.shop.tax'",
    ],
  ])("%s", (_case, more, message) => {
    expect(parseError({ ...files, ...more }).message).toContain(message);
  });
});
