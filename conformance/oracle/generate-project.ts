import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Random } from "../selection/random.ts";
import type { Check } from "./project.ts";

type Files = Record<string, string>;

interface Made {
  name: string;
  kind: "seed" | "model" | "snapshot";
  materialized: string;
  /** Columns that others may read; `id` is unique, `k` has few values, `v` is a number or null. */
  ephemeral: boolean;
}

/** Writes a random project of about twenty nodes into a folder and gives the commands to judge it by. */
export function generateProject(random: Random, folder: string): Check {
  const files: Files = {};
  const made: Made[] = [];
  projectFile(random, files);
  macros(random, files);
  seeds(random, files, made);
  sources(random, files);
  const count = 8 + random.int(8);
  const entries: string[] = [];
  for (let i = 0; i < count; i++) entries.push(...model(random, files, made, i));
  snapshots(random, files, made);
  singularTests(random, files, made);
  files["models/models.yml"] =
    `version: 2\nmodels:\n${entries.join("")}${unitTest(random, files)}${exposure(random, made)}`;
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return check(random, made);
}

function check(random: Random, made: Made[]): Check {
  const name = () => random.pick(made).name;
  const expression = () =>
    random.pick([
      `+${name()}`,
      `${name()}+`,
      `@${name()}`,
      `1+${name()}`,
      "tag:daily",
      "config.materialized:view",
      `${name()} ${name()}`,
      "resource_type:seed",
      "test_type:generic",
    ]);
  const steps: Check["steps"] = [{ args: ["build"] }, { args: ["build"], env: { FUZZ_MODE: "second" } }];
  steps.push(
    random.pick<{ args: string[]; env?: Record<string, string> }>([
      { args: ["build", "--full-refresh"] },
      { args: ["run", "--select", expression()] },
      { args: ["test", "--exclude", expression()] },
      { args: ["build", "--vars", JSON.stringify({ rate: random.int(9), label: "it's" })] },
      { args: ["build", "--empty"] },
      { args: ["test", "--store-failures"] },
      { args: ["parse"], env: { FUZZ_MODE: "third" } },
      { args: ["ls", "--select", expression(), "--output", "json"] },
      { args: ["docs", "generate"] },
      { args: ["snapshot"] },
    ]),
  );
  return {
    steps,
    setup: [
      "create schema ext",
      "create table ext.events as select range as id, (range % 3)::varchar as k, case when range % 5 = 0 then null else range * 1.5 end as v from range(20)",
    ],
    // Rows of a snapshot get the time of the run.
    volatile: { "*": ["dbt_valid_from", "dbt_valid_to", "dbt_updated_at", "dbt_scd_id"] },
  };
}

function projectFile(random: Random, files: Files): void {
  const lines = [
    "name: fuzz",
    "version: '1.0'",
    "profile: fuzz",
    "vars:",
    `  rate: ${random.int(5)}`,
    "  label: plain",
    "  fuzz: {nested: [1, two, 3.5]}",
    "models:",
    `  +materialized: ${random.pick(["view", "table"])}`,
    "  fuzz:",
    ...(random.chance(0.5) ? ["    +tags: [daily]"] : []),
    ...(random.chance(0.4) ? ["    staging:", "      +schema: stage", `      +tags: ['staging', "x y"]`] : []),
    ...(random.chance(0.3) ? ["    marts:", "      +materialized: table", "      +meta: {owner: team, level: 2}"] : []),
    ...(random.chance(0.4) ? ["seeds:", "  fuzz:", `    +quote_columns: ${random.chance(0.5)}`] : []),
    ...(random.chance(0.3) ? ["data_tests:", "  +severity: warn"] : []),
    ...(random.chance(0.4)
      ? [
          `on-run-start: ["create table if not exists main.audit (what varchar)", "{{ note('start') }}"]`,
          `on-run-end: ["insert into main.audit values ('{{ results | length > 0 }}')"]`,
        ]
      : []),
  ];
  files["dbt_project.yml"] = `${lines.join("\n")}\n`;
}

function macros(random: Random, files: Files): void {
  const schema = random.chance(0.4)
    ? "{% macro generate_schema_name(custom_schema_name, node) -%}\n  {%- if custom_schema_name is none -%}{{ target.schema }}{%- else -%}{{ custom_schema_name | trim }}_{{ node.resource_type }}{%- endif -%}\n{%- endmacro %}\n"
    : "";
  const alias = random.chance(0.3)
    ? "{% macro generate_alias_name(custom_alias_name=none, node=none) -%}{{ custom_alias_name or 'a_' ~ node.name }}{%- endmacro %}\n"
    : "";
  files["macros/own.sql"] = `${schema}${alias}
{% macro note(text) %}{{ log("note " ~ text, info=false) }}{% endmacro %}
{% macro scaled(column, by=2) %}({{ column }} * {{ by }}){% endmacro %}
{% macro columns_list(names, prefix='') -%}
  {%- for n in names -%}{{ prefix }}{{ n }}{% if not loop.last %}, {% endif %}{%- endfor -%}
{%- endmacro %}
{% macro keys_of(relation) %}
  {%- set found = [] -%}
  {%- if execute -%}
    {%- for row in run_query("select distinct k from " ~ relation ~ " where k is not null order by k") -%}
      {%- do found.append(row[0]) -%}
    {%- endfor -%}
  {%- endif -%}
  {{ return(found) }}
{% endmacro %}
{% macro wrapped() %}coalesce({{ caller() }}, 0){% endmacro %}
{% test below(model, column_name, top, strict=true) %}
select * from {{ model }} where {{ column_name }} {{ '>=' if strict else '>' }} {{ top }}
{% endtest %}
`;
}

function seeds(random: Random, files: Files, made: Made[]): void {
  const count = 1 + random.int(2);
  const yml: string[] = [];
  for (let i = 0; i < count; i++) {
    const name = `seed_${i}`;
    const delimiter = random.pick([",", ",", ";", "|"]);
    const rows = Array.from({ length: 3 + random.int(10) }, (_, r) =>
      [
        String(r + 1),
        random.pick(["a", "b", "c", "", `"x${delimiter} ""y"""`]),
        random.pick(["1", "2.5", "-3", "", "1e3"]),
        random.pick(["2024-01-01", "2023-12-31", ""]),
      ].join(delimiter),
    );
    files[`seeds/${name}.csv`] = `${["id", "k", "v", "d"].join(delimiter)}\n${rows.join("\n")}\n`;
    const config = [
      ...(delimiter === "," ? [] : [`delimiter: "${delimiter}"`]),
      ...(random.chance(0.4) ? ["column_types: {id: bigint, v: varchar}"] : []),
    ];
    yml.push(
      `  - name: ${name}\n    config: {${config.join(", ")}}\n    columns:\n      - name: id\n        data_tests: [unique, not_null]\n`,
    );
    made.push({ name, kind: "seed", materialized: "seed", ephemeral: false });
  }
  files["seeds/seeds.yml"] = `version: 2\nseeds:\n${yml.join("")}`;
}

function sources(random: Random, files: Files): void {
  const tests = random.chance(0.5)
    ? "        columns:\n          - name: id\n            data_tests: [not_null]\n"
    : "";
  files["models/sources.yml"] =
    `version: 2\nsources:\n  - name: ext\n    description: outside\n    tables:\n      - name: events\n${tests}`;
}

/** A relation to read: a node made before or the source. */
function input(random: Random, made: Made[]): string {
  if (random.chance(0.2)) return "{{ source('ext', 'events') }}";
  const { name } = random.pick(made);
  return random.chance(0.2) ? `{{ ref('fuzz', '${name}') }}` : `{{ ref("${name}") }}`;
}

/** A model's file; gives its entry in the properties file, or none. */
function model(random: Random, files: Files, made: Made[], index: number): string[] {
  const name = `m_${index}`;
  const folder = random.pick(["", "staging/", "marts/", "marts/deep/"]);
  const materialized = random.pick(["", "", "table", "view", "ephemeral", "incremental", "incremental"]);
  const [a, b] = [input(random, made), input(random, made)];
  const config: string[] = [];
  if (materialized !== "") config.push(`materialized='${materialized}'`);
  if (random.chance(0.2)) config.push(`tags=['t${random.int(3)}', "daily"]`);
  if (random.chance(0.15)) config.push(`alias='${name}_renamed'`);
  if (random.chance(0.15)) config.push(`schema='${random.pick(["other", "x1"])}'`);
  if (random.chance(0.15)) config.push(`meta={'n': ${random.int(4)}, 'list': [1, 'a', none, true]}`);
  if (random.chance(0.15) && materialized !== "ephemeral")
    config.push(
      random
        .pick([
          `post_hook="comment on {{ 'view' if this.type == 'view' else 'table' }} {{ this }} is 'x'"`,
          `pre_hook=["select 1", "{{ note('pre') }}"]`,
        ])
        .replace("{{ 'view' if this.type == 'view' else 'table' }}", materialized === "view" ? "view" : "table"),
    );
  if (materialized === "incremental") {
    config.push(...incremental(random));
  }
  const call = config.length > 0 ? `{{ config(${config.join(", ")}) }}\n` : "";
  const body = random.pick([
    () => `select id, k, ${number(random)} as v from ${a}`,
    () => `select a.id, a.k, b.v from ${a} a left join ${b} b on a.id = b.id`,
    () => `with x as (select * from ${a})\nselect id, k, {{ scaled("cast(v as double)", by=var('rate')) }} as v from x`,
    () => `select min(id) as id, k, sum(cast(v as double)) as v\nfrom ${a}\ngroup by 2`,
    () => `{% set names = ['id', 'k', 'v'] %}\nselect {{ columns_list(names, prefix='t.') }} from ${a} t`,
    () =>
      `{%- for n in range(2) %}\nselect id + {{ n * 1000 }} as id, k, {% call wrapped() %}try_cast(v as double){% endcall %} as v from ${a}\n{% if not loop.last %}union all{% endif %}{%- endfor %}`,
    () =>
      `-- {{ var('label') }} {{ env_var('FUZZ_MODE', 'first') }}\nselect id, k, {{ 1 if env_var('FUZZ_MODE', 'first') == 'first' else 2 }} as v from ${a}`,
    () =>
      `select id, k,\n{% for key in keys_of(${relationOf(a)}) %}  count(*) filter (where k = '{{ key | replace("'", "''") }}') over () as n_{{ loop.index }},\n{% endfor %}  try_cast(v as double) as v\nfrom ${a}`,
    () =>
      `{% set q %}select max(id) from ${a}{% endset %}\n{% set top = run_query(q).columns[0].values()[0] if execute else 0 %}\nselect id, k, {{ top }} as v from ${b}`,
    () =>
      `{#- comment -#}\nselect id, k, v {{ "-- " ~ target.name ~ " " ~ this.identifier }}\nfrom ${a} where id > {{ var('fuzz')['nested'][0] - 1 }}`,
  ])();
  const filter =
    materialized === "incremental" && random.chance(0.7)
      ? `\n{% if is_incremental() %}\n-- only what is new\n${/\bgroup by\b|\bunion all\b/.test(body) ? "" : `${/\bwhere\b/.test(body) ? "and" : "where"} ${/ b on /.test(body) ? "a.id" : "id"} > (select coalesce(max(id), 0) - 2 from {{ this }})`}\n{% endif %}`
      : "";
  files[`models/${folder}${name}.sql`] = `${call}${body}${filter}\n`;
  const entry = random.chance(0.7) ? [properties(random, made, name, materialized)] : [];
  made.push({ name, kind: "model", materialized, ephemeral: materialized === "ephemeral" });
  return entry;
}

/** `ref("x")` without its braces, for use inside an expression. */
const relationOf = (input: string): string => input.replace(/^\{\{ | \}\}$/g, "");

const number = (random: Random): string =>
  random.pick(["v", "cast(id as double)", "null::integer", "{{ 7 // 2 }}", "{{ 7 / 2 }}", "{{ var('rate', 3) }}"]);

function incremental(random: Random): string[] {
  const strategy = random.pick(["append", "delete+insert", "merge", ""]);
  const key =
    strategy === "delete+insert" ||
    (strategy === "merge" && random.chance(0.7)) ||
    (strategy === "" && random.chance(0.5));
  return [
    ...(strategy === "" ? [] : [`incremental_strategy='${strategy}'`]),
    ...(key ? [random.pick([`unique_key='id'`, `unique_key=['id', 'k']`])] : []),
    ...(random.chance(0.5)
      ? [`on_schema_change='${random.pick(["ignore", "append_new_columns", "sync_all_columns", "fail"])}'`]
      : []),
  ];
}

function properties(random: Random, made: Made[], name: string, materialized: string): string {
  const others = made.filter((m) => !m.ephemeral);
  const tests = [
    "unique",
    "not_null",
    'not_null: {config: {severity: warn, where: "id > 2"}}',
    "below: {arguments: {top: 15}}",
    'below: {arguments: {top: 3, strict: false}, config: {severity: warn, warn_if: ">2", limit: 10}}',
    "below: {name: NAME_low, arguments: {top: 1000000}, config: {tags: [slow], store_failures: true}}",
    ...(others.length > 0
      ? [
          `relationships: {arguments: {to: ref('${random.pick(others).name}'), field: id}, config: {severity: warn, error_if: ">100"}}`,
        ]
      : []),
  ].map((t) => t.replace("NAME", name));
  const kTests = [
    "accepted_values: {arguments: {values: ['a', 'b', 'c', '0', '1', '2']}, config: {severity: warn}}",
    "accepted_values: {arguments: {values: ['a'], quote: true}}",
    "not_null",
  ];
  // Two tests of one kind on one column have the same name.
  const each = (items: string[]): string[] => [
    ...new Map(items.map((t) => [t.includes("_low") ? t : t.split(":")[0], t])).values(),
  ];
  const chosen = each(random.some(materialized === "ephemeral" ? tests.slice(0, 3) : tests, 3));
  const onK = random.some(kTests, 1);
  const list = (items: string[]): string => items.map((t) => `          - ${t}\n`).join("");
  return [
    `  - name: ${name}\n`,
    `    description: "${random.pick(["plain", "it's {{ 'rendered' }}", "with: colon"])}"\n`,
    ...(random.chance(0.2) ? [`    config: {tags: [yml], meta: {from: yml}}\n`] : []),
    "    columns:\n      - name: id\n",
    ...(chosen.length > 0 ? [`        data_tests:\n${list(chosen)}`] : []),
    "      - name: k\n        description: few values\n",
    ...(onK.length > 0 ? [`        data_tests:\n${list(onK)}`] : []),
  ].join("");
}

function snapshots(random: Random, files: Files, made: Made[]): void {
  if (!random.chance(0.6)) return;
  const from = random.pick(made.filter((m) => !m.ephemeral));
  const strategy = random.pick(["strategy='check', check_cols=['v']", "strategy='check', check_cols='all'"]);
  files["snapshots/s.sql"] =
    `{% snapshot snap %}\n{{ config(unique_key='id', ${strategy}${random.chance(0.4) ? ", hard_deletes='invalidate'" : ""}, target_schema='snaps') }}\nselect id, min(k) as k, min(cast(v as varchar)) as v from {{ ref('${from.name}') }} group by 1\n{% endsnapshot %}\n`;
  made.push({ name: "snap", kind: "snapshot", materialized: "snapshot", ephemeral: false });
}

function singularTests(random: Random, files: Files, made: Made[]): void {
  const count = random.int(3);
  for (let i = 0; i < count; i++)
    files[`tests/check_${i}.sql`] =
      `${random.chance(0.5) ? "{{ config(severity='warn', tags=['daily']) }}\n" : ""}select * from {{ ref('${random.pick(made).name}') }} where id < ${random.int(4)}\n`;
}

function unitTest(random: Random, files: Files): string {
  if (!random.chance(0.5)) return "";
  files["models/marts/tested.sql"] =
    "select id, k, {{ scaled('v', var('rate')) }} as v from {{ ref('seed_0') }} where v is not null\n";
  const expected = random.chance(0.7) ? 8 : 9;
  return `unit_tests:\n  - name: scales\n    model: tested\n    overrides: {vars: {rate: 4}}\n    given:\n      - input: ref('seed_0')\n        rows:\n          - {id: 1, k: a, v: 2}\n          - {id: 2, k: b}\n    expect:\n      rows:\n        - {id: 1, k: a, v: ${expected}}\n`;
}

function exposure(random: Random, made: Made[]): string {
  if (!random.chance(0.4)) return "";
  return `exposures:\n  - name: board\n    type: dashboard\n    owner: {name: Team, email: team@example.com}\n    depends_on: [ref('${random.pick(made.filter((m) => m.kind !== "snapshot")).name}')]\n`;
}
