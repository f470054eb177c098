{# Rows of a unit test as SQL. #}

{# Stands in for an input: every column of the real relation, null where the rows do not say otherwise. #}
{% macro get_fixture_sql(rows, column_name_to_data_types) %}
-- Fixture for {{ model.name }}
{% set types = column_name_to_data_types or {} %}
{%- set quoted = {} -%}
{%- if not types -%}
  {%- set real = defer_relation if defer_relation and not load_relation(this) else this -%}
  {%- for column in get_columns_for_unit_tests(real) -%}
    {%- do types.update({column.name | lower: column.data_type}) -%}
    {%- do quoted.update({column.name | lower: column.quoted}) -%}
  {%- endfor -%}
  {%- if not types -%}
    {%- do exceptions.raise_compiler_error("Not able to get columns for unit test '" ~ model.name ~ "' from relation " ~ this ~ " because the relation doesn't exist") -%}
  {%- endif -%}
{%- endif -%}
{%- do validate_fixture_rows(rows, row_number) -%}
{%- set nulls = {} -%}
{%- for name, type in types.items() %}{% do nulls.update({name: safe_cast('null', type) | trim}) %}{% endfor -%}
{%- for row in rows or [{}] -%}
  {%- set values = nulls.copy() -%}
  {%- do values.update(format_row(row, types)) -%}
select {% for name, value in values.items() %}{{ value | trim }} as {{ quoted[name] }}{{ ', ' if not loop.last }}{% endfor %}
{{ 'union all\n' if not loop.last }}
{%- endfor -%}
{{ 'limit 0' if not rows }}
{% endmacro %}

{# The expected rows, with the columns that they name. #}
{% macro get_expected_sql(rows, column_name_to_data_types, column_name_to_quoted) %}
{%- for row in rows -%}
select {% for name, value in format_row(row, column_name_to_data_types).items() %}{{ value | trim }} as {{ column_name_to_quoted[name] }}{{ ', ' if not loop.last }}{% endfor %}
{{ 'union all\n' if not loop.last }}
{%- else -%}
select * from dbt_internal_unit_test_actual
limit 0
{%- endfor -%}
{% endmacro %}

{# One row as {lower-case column name: typed SQL literal}. A text is not cut to a declared length, as that would
   hide a difference. #}
{% macro format_row(row, column_name_to_data_types) %}
  {% set formatted = {} %}
  {% for key, value in row.items() %}
    {% set name = key | lower %}
    {% if name not in column_name_to_data_types %}
      {% set place = 'expected output' if model.resource_type == 'unit_test' else "'" ~ model.name ~ "'" %}
      {% do exceptions.raise_compiler_error("Invalid column name: '" ~ name ~ "' in unit test fixture for " ~ place ~ ".\nAccepted columns for " ~ place ~ " are: " ~ column_name_to_data_types.keys() | list) %}
    {% endif %}
    {% set type = column_name_to_data_types[name] %}
    {% if value is string %}
      {% set literal = dbt.string_literal(dbt.escape_single_quotes(value)) %}
      {% set type = type.split('(')[0] if 'varying' in type else type %}
    {% else %}
      {% set literal = 'null' if value is none else value %}
    {% endif %}
    {% do formatted.update({name: safe_cast(literal, type)}) %}
  {% endfor %}
  {% do return(formatted) %}
{% endmacro %}

{# Lets an adapter refuse rows that it cannot express. #}
{% macro validate_fixture_rows(rows, row_number) %}{% do return(adapter.dispatch('validate_fixture_rows', 'dbt')(rows, row_number)) %}{% endmacro %}
{% macro default__validate_fixture_rows(rows, row_number) %}{% endmacro %}
