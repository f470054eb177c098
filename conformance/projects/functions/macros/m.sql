{% macro duckdb__scalar_function_sql(target_relation) %}
  {% if model.config.meta.get('as_macro') %}
    create or replace macro {{ target_relation.render() }}({% for a in model.arguments %}{{ a.name }}{{ ', ' if not loop.last }}{% endfor %}) as ({{ model.compiled_code }})
  {% else %}
    {{ default__scalar_function_sql(target_relation) }}
  {% endif %}
{% endmacro %}
