import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const labName = "markers";

/** How a run fails the gate: a test of severity error, a model that breaks behind others that were built, a low score. */
export const failures = ["test", "model", "score"] as const;
export type Failure = (typeof failures)[number];

const files: Record<string, string> = {
  "shared/config/labs_config.yaml": `labs:\n  ${labName}: {}\n`,
  [`${labName}/lab.yml`]: `quality:
  minimum_score: 99
  tables: { gold.wide: { key: id } }
publish:
  keep: 3
  exports: [parquet]
`,
  [`${labName}/dbt/dbt_project.yml`]: `name: ${labName}
version: "1.0"
profile: ${labName}
models: { +materialized: table, +schema: gold }
vars: { n: 0, failure: none }
`,
  // The schema is gold itself, not main_gold.
  [`${labName}/dbt/macros/schema.sql`]: `{% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}\n`,
  [`${labName}/dbt/models/small.sql`]: `select {{ var('n') }}::int as n, 1 as id`,
  [`${labName}/dbt/models/wide.sql`]: `select {{ var('n') }}::int as n, i as id, 'row ' || i || ' of ' || {{ var('n') }} as text,
  {% if var('failure') == 'score' %}null::int{% else %}i{% endif %} as measure from range(5000) t(i)`,
  [`${labName}/dbt/models/view.sql`]: `{{ config(materialized='view') }} select n, count(*) as rows from {{ ref('wide') }} group by n`,
  // Comes last: when it breaks, the tables before it are built already.
  [`${labName}/dbt/models/zlast.sql`]: `select n, {% if var('failure') == 'model' %}error('broken on purpose'){% else %}rows{% endif %} as rows from {{ ref('view') }}`,
  // Never changes, so that it is taken over from version to version: its rows must be there in every one.
  [`${labName}/dbt/models/fixed.sql`]: `select i as id, hash(i) as h, 'never changes' as text from range(30000) t(i)`,
  [`${labName}/dbt/tests/marker.sql`]: `select n from {{ ref('small') }} where '{{ var('failure') }}' = 'test'`,
};

/** Writes a workspace with one lab whose every table carries the number of the run that made it. */
export function writeLab(root: string): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

/** The folder that the lab's exports go to. */
export const exportsOf = (root: string): string => join(root, labName, "data/exports/parquet");

/** One query for all that a version must agree on: a single number of one run in every table, and whole tables. */
export const markers = markersIn((table) => `gold.${table}`);

/** The same of an export's files. */
export const markersOfFiles = (folder: string): string =>
  markersIn((table) => `'${join(folder, `gold/${table}.parquet`)}'`);

function markersIn(of: (table: string) => string): string {
  return `SELECT list(DISTINCT n ORDER BY n)::VARCHAR, sum(rows)::BIGINT FROM (
    SELECT n, 1 AS rows FROM ${of("small")} UNION ALL SELECT n, 1 FROM ${of("wide")}
    UNION ALL SELECT n, rows FROM ${of("view")} UNION ALL SELECT n, rows FROM ${of("zlast")}
    UNION ALL SELECT (SELECT n FROM ${of("small")}), (bit_xor(hash(id)) = bit_xor(h))::INT * count(*) FROM ${of("fixed")})`;
}

/** Rows that {@link markers} adds up to. */
export const markedRows = 1 + 5000 + 5000 + 5000 + 30_000;
