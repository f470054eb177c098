/** The project's macro files: a few that every model calls, and one of helpers for each hundred models. */
export function macroFiles(groups: number): Record<string, string> {
  const files: Record<string, string> = {
    "macros/cents_to_units.sql": `{% macro cents_to_units(column, digits=2) -%}
    round({{ column }} / 100.0, {{ digits }})
{%- endmacro %}
`,
    "macros/audit_columns.sql": `{#- Columns that every staging model ends with. -#}
{% macro audit_columns(source_name) -%}
    '{{ source_name }}' as _source,
    cast('{{ var("start_date") }}' as date) as _valid_from
{%- endmacro %}
`,
    "macros/region_pivot.sql": `{% macro region_pivot(amount, regions=none) -%}
    {%- for region in regions or var('regions') %}
    sum(case when region = '{{ region }}' then {{ amount }} else 0 end) as {{ region | lower }}_amount{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}
`,
    "macros/test_not_negative.sql": `{% test not_negative(model, column_name, tolerance=0) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} < -1 * {{ tolerance }}
{% endtest %}
`,
  };
  for (let i = 0; i < groups; i++) {
    files[`macros/helpers/helpers_${i}.sql`] = Array.from(
      { length: 5 },
      (_, j) =>
        `{% macro helper_${i}_${j}(value, fallback=none) -%}\n    {%- if fallback is none -%}coalesce({{ value }}, 0)\n    {%- else -%}coalesce({{ value }}, {{ fallback }})\n    {%- endif -%}\n{%- endmacro %}\n`,
    ).join("\n");
  }
  return files;
}
