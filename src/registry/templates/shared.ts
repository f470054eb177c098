import type { TemplateFile } from "./template.ts";

/** What every lab has: the dbt project's frame and what git should not keep. */
export const sharedFiles: TemplateFile[] = [
  {
    path: ".gitignore",
    content: `# Data and what is built from it.
data/*
!data/raw/
data/raw/*
!data/raw/.gitkeep
target/
logs/
dbt_packages/
`,
  },
  { path: "data/raw/.gitkeep", content: "" },
  {
    path: "dbt/dbt_project.yml",
    content: `name: {{lab}}
version: "1.0.0"
config-version: 2

# labs takes the database from the registry; no profile has to exist.
profile: {{lab}}

model-paths: [models]
seed-paths: [seeds]
snapshot-paths: [snapshots]
macro-paths: [macros]
test-paths: [tests]
clean-targets: [target, dbt_packages]

models:
  {{lab}}:
    bronze:
      +schema: bronze
      +materialized: view
    silver:
      +schema: silver
      +materialized: table
    gold:
      +schema: gold
      +materialized: table
`,
  },
  {
    path: "dbt/macros/generate_schema_name.sql",
    content: `{# Models go to the schema they name (bronze, silver, gold), without the target's schema in front. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
`,
  },
];

/** Models that make sense of any table of records, whatever its columns are. */
export const recordModels: TemplateFile[] = [
  {
    path: "dbt/models/sources.yml",
    content: `version: 2

sources:
  - name: raw
    schema: raw
    description: Filled by \`labs run\` from the files in data/raw, as lab.yml says.
    tables:
      - name: records
`,
  },
  {
    path: "dbt/models/bronze/bronze_records.sql",
    content: `{#- Before the first file arrives there is no raw table: no rows then, and no error. -#}
{%- set records = source('raw', 'records') -%}
{%- set loaded = adapter.get_relation(records.database, records.schema, records.identifier) -%}

{% if loaded is none %}
select null::varchar as no_file_yet where false
{% else %}
select * from {{ records }}
{% endif %}
`,
  },
  {
    path: "dbt/models/silver/records.sql",
    content: `-- Every record once. Rename, convert and clean columns here.
select distinct * from {{ ref('bronze_records') }}
`,
  },
  {
    path: "dbt/models/gold/record_counts.sql",
    content: `select
  loaded.row_count as rows_loaded,
  clean.row_count as rows_distinct,
  loaded.row_count - clean.row_count as rows_repeated
from (select count(*) as row_count from {{ ref('bronze_records') }}) as loaded
cross join (select count(*) as row_count from {{ ref('records') }}) as clean
`,
  },
  {
    path: "dbt/models/gold/column_profile.sql",
    content: `-- One row a column: a first look at what arrived.
select
  column_name,
  column_type,
  "min" as least,
  "max" as greatest,
  approx_unique as distinct_values_about,
  null_percentage
from (summarize select * from {{ ref('records') }})
`,
  },
  {
    path: "dbt/models/models.yml",
    content: `version: 2

models:
  - name: bronze_records
    description: The records as they came.
  - name: records
    description: Every record once.
  - name: record_counts
    description: How many records there are.
    columns:
      - name: rows_loaded
        description: Records in all files.
        data_tests: [not_null]
      - name: rows_repeated
        description: Records that came more than once.
        data_tests: [not_null]
  - name: column_profile
    description: Range, missing values and (estimated) distinct values of every column.
    columns:
      - name: column_name
        data_tests: [not_null, unique]
`,
  },
  {
    path: "dbt/tests/counts_add_up.sql",
    content: `-- A test passes when it returns no row.
select *
from {{ ref('record_counts') }}
where rows_loaded <> rows_distinct + rows_repeated
`,
  },
];
