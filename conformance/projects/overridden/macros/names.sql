{# Without the generate_… macros themselves: dbt's own dispatch to these. #}
{% macro default__generate_schema_name(custom_schema_name, node) -%}
  {{ custom_schema_name if custom_schema_name is not none else target.schema }}
{%- endmacro %}
{% macro duckdb__generate_alias_name(custom_alias_name=none, node=none) -%}
  {{ node.resource_type }}_{{ custom_alias_name or node.name }}
{%- endmacro %}
{% macro break_hook(when) -%}
  {%- if execute and var('break', '') == when -%}
    {%- if var('by', 'query') == 'query' -%}{%- do run_query('select * from no_such_table') -%}
    {%- else -%}{{ nothing.at_all }}{%- endif -%}
  {%- endif -%}
{%- endmacro %}
