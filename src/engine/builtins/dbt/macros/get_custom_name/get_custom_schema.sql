{# The schema: the target's, followed by `_<schema config>` when there is one. Override to decide otherwise. #}
{% macro generate_schema_name(custom_schema_name=none, node=none) %}{% do return(adapter.dispatch('generate_schema_name', 'dbt')(custom_schema_name, node)) %}{% endmacro %}
{% macro default__generate_schema_name(custom_schema_name, node) -%}
  {{ target.schema }}{{ '_' ~ custom_schema_name | trim if custom_schema_name is not none }}
{%- endmacro %}

{# A ready alternative: the schema config alone in production, the target's schema everywhere else. #}
{% macro generate_schema_name_for_env(custom_schema_name, node) -%}
  {{ custom_schema_name | trim if target.name == 'prod' and custom_schema_name is not none else target.schema }}
{%- endmacro %}
