{# Contracts: the columns that a model declares, as DDL and compared with what its query gives. #}

{% macro get_table_columns_and_constraints() %}{% do return(adapter.dispatch('get_table_columns_and_constraints', 'dbt')()) %}{% endmacro %}
{% macro default__get_table_columns_and_constraints() %}{% do return(table_columns_and_constraints()) %}{% endmacro %}
{% macro table_columns_and_constraints() %}
  {%- set columns = adapter.render_raw_columns_constraints(raw_columns=model['columns']) -%}
  {%- set constraints = adapter.render_raw_model_constraints(raw_constraints=model['constraints']) %}
  (
    {{ (columns + constraints) | join(',\n    ') }}
  )
{% endmacro %}

{% macro get_assert_columns_equivalent(sql) %}{% do return(adapter.dispatch('get_assert_columns_equivalent', 'dbt')(sql)) %}{% endmacro %}
{% macro default__get_assert_columns_equivalent(sql) %}{% do return(assert_columns_equivalent(sql)) %}{% endmacro %}
{# Order does not matter; number, names and types do. #}
{% macro assert_columns_equivalent(sql) %}
  {%- set declared = model['columns'] -%}
  {%- if not declared %}{% do exceptions.raise_contract_error([], []) %}{% endif -%}
  {%- set actual = format_columns(get_column_schema_from_query(sql, config.get('sql_header', none))) -%}
  {%- set wanted = format_columns(get_column_schema_from_query(get_empty_schema_sql(declared))) -%}
  {%- set by_name = {} -%}
  {%- for column in wanted %}{% do by_name.setdefault(column['name'], column['formatted']) %}{% endfor -%}
  {%- if actual | length != wanted | length %}{% do exceptions.raise_contract_error(wanted, actual) %}{% endif -%}
  {%- for column in actual if by_name.get(column['name']) != column['formatted'] -%}
    {%- do exceptions.raise_contract_error(wanted, actual) -%}
  {%- endfor -%}
{% endmacro %}

{% macro format_columns(columns) %}
  {% set formatted = [] %}
  {% for column in columns %}{% do formatted.append(adapter.dispatch('format_column', 'dbt')(column)) %}{% endfor %}
  {% do return(formatted) %}
{% endmacro %}
{% macro default__format_column(column) %}
  {% do return({'name': column.name, 'data_type': column.dtype, 'formatted': column.column.lower() ~ ' ' ~ column.dtype}) %}
{% endmacro %}
