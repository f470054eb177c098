{# Comments are dollar-quoted, so they may contain anything but the quote itself. #}

{% macro duckdb_escape_comment(comment) %}
  {%- if comment is not string %}{% do exceptions.raise_compiler_error('cannot escape a non-string: ' ~ comment) %}{% endif -%}
  {%- set quote = '$dbt_comment_literal_block$' -%}
  {%- if quote in comment %}{% do exceptions.raise_compiler_error('The string ' ~ quote ~ ' is not allowed in comments.') %}{% endif -%}
  {%- do return(quote ~ comment ~ quote) -%}
{% endmacro %}

{% macro duckdb__alter_relation_comment(relation, comment) %}
  comment on {{ relation.type }} {{ relation }} is {{ duckdb_escape_comment(comment) }};
{% endmacro %}

{% macro duckdb__alter_column_comment(relation, column_dict) %}
  {%- set existing = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
  {%- for name, column in column_dict.items() if name in existing %}
  comment on column {{ relation }}.{{ adapter.quote(name) if column['quote'] else name }} is {{ duckdb_escape_comment(column['description']) }};
  {%- endfor %}
{% endmacro %}
