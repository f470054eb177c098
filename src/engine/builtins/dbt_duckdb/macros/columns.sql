{# DuckDB changes one column a statement. #}
{% macro duckdb__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}
  {% set alter = 'alter ' ~ relation.type ~ ' ' ~ relation %}
  {% for column in add_columns or [] %}
    {% do run_query(alter ~ ' add column ' ~ api.Relation.create(identifier=column.name) ~ ' ' ~ column.data_type) %}
  {% endfor %}
  {% for column in remove_columns or [] %}
    {% do run_query(alter ~ ' drop column ' ~ api.Relation.create(identifier=column.name)) %}
  {% endfor %}
{% endmacro %}
