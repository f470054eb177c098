/** `node conformance/jinja/bench.ts`: 500 models like dbt's, parsed and rendered. CPU time, since machines are shared. */
import {
  bindMacro,
  fromPlain,
  parseMacros,
  parseTemplate,
  PyFunction,
  type Scope,
  type Value,
} from "../../src/jinja/index.ts";

const models = 500;
const model = (n: number): string => `{{ config(materialized='table', tags=['t${n}', 'daily'], meta={'owner': 'x'}) }}
{%- set methods = ['card', 'cash', 'gift'] %}
with a as (select * from {{ ref('m${n}_a') }}),
b as (select * from {{ ref('m${n}_b') }}), c as (select * from {{ ref('m${n}_c') }})
select {% for method in methods -%}
  sum(case when m = '{{ method }}' then {{ cents('amount', 2) }} end) as {{ method }}_amount{{ "," if not loop.last }}
{%- endfor %}
from a join {{ ref('m${n}_d') }} d on a.id = d.id
{% if is_incremental() and target.name != 'prod' -%} where x > {{ var('start', '2020-01-01') }} {%- endif %}
`;

function scopeFor(waiting: boolean): Scope {
  const names = new Map<string, Value>();
  const scope: Scope = { get: (name) => names.get(name) };
  const ref = (args: Value[]): string => `"db"."main"."${args[0] as string}"`;
  names.set("ref", new PyFunction("ref", waiting ? (args) => Promise.resolve(ref(args)) : ref));
  names.set("config", new PyFunction("config", () => ""));
  names.set("var", new PyFunction("var", (args) => args[1] ?? null));
  names.set("target", fromPlain({ name: "dev" }));
  const source = "{% macro cents(column, scale=2) %}({{ column }} / 100)::numeric(16, {{ scale }}){% endmacro %}";
  for (const macro of [source, "{% macro is_incremental() %}{{ return(false) }}{% endmacro %}"].flatMap((s) =>
    parseMacros(s, { file: "m.sql" }),
  )) {
    names.set(macro.name, bindMacro(macro, scope));
  }
  names.set("return", new PyFunction("return", (args) => args[0] ?? null));
  return scope;
}

const sources = Array.from({ length: models }, (_, n) => model(n));
const time = async (label: string, run: () => unknown): Promise<void> => {
  const times: number[] = [];
  for (let i = 0; i < 9; i++) {
    const start = process.cpuUsage();
    await run();
    const used = process.cpuUsage(start);
    times.push((used.user + used.system) / 1000);
  }
  const sorted = times.toSorted((a, b) => a - b);
  console.log(`${label.padEnd(34)} first ${times[0]?.toFixed(1)} ms, median ${sorted[4]?.toFixed(1)} ms`);
};

await time(`parse ${models} models`, () => sources.map((s) => parseTemplate(s, { file: "m.sql" })));
const sync = scopeFor(false);
const templates = sources.map((s) => parseTemplate(s, { file: "m.sql" }));
await time("compile and render, nothing waits", () =>
  sources.map((s) => parseTemplate(s, { file: "m.sql" }).render(sync)),
);
await time("render again, nothing waits", () => templates.map((t) => t.render(sync)));
const slow = scopeFor(true);
await time("render again, every ref waits", () => Promise.all(templates.map((t) => t.render(slow))));
