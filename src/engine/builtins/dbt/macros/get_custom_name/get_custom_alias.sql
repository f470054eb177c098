{# The name in the database: the alias config, else the model's name with its version. Override to decide otherwise. #}
{% macro generate_alias_name(custom_alias_name=none, node=none) %}{% do return(adapter.dispatch('generate_alias_name', 'dbt')(custom_alias_name, node)) %}{% endmacro %}
{% macro default__generate_alias_name(custom_alias_name=none, node=none) -%}
  {%- if custom_alias_name -%}
    {{ custom_alias_name | trim }}
  {%- else -%}
    {{ node.name ~ ('_v' ~ node.version | replace('.', '_') if node.version else '') }}
  {%- endif -%}
{%- endmacro %}
