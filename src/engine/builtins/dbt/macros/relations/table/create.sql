{# create_table_as is the older name, which projects override, so the newer one ends there. #}
{% macro get_create_table_as_sql(temporary, relation, sql) %}{% do return(adapter.dispatch('get_create_table_as_sql', 'dbt')(temporary, relation, sql)) %}{% endmacro %}
{% macro default__get_create_table_as_sql(temporary, relation, sql) %}{% do return(create_table_as(temporary, relation, sql)) %}{% endmacro %}

{# Older overrides take three arguments, so the language is passed on only when it is not SQL. #}
{% macro create_table_as(temporary, relation, compiled_code, language='sql') %}
  {%- set build = adapter.dispatch('create_table_as', 'dbt') -%}
  {%- do return(build(temporary, relation, compiled_code) if language == 'sql' else build(temporary, relation, compiled_code, language)) -%}
{% endmacro %}
{% macro default__create_table_as(temporary, relation, sql) %}
  {%- set contract = config.get('contract') -%}
  {%- set header = config.get('sql_header', none) -%}
  {%- set enforced = contract.enforced and not temporary -%}
  {{ header if header is not none }}
  create {{ 'temporary ' if temporary }}table {{ relation.include(database=not temporary, schema=not temporary) }}
  {{ get_assert_columns_equivalent(sql) ~ get_table_columns_and_constraints() if enforced }}
  as (
    {{ get_select_subquery(sql) if enforced else sql }}
  );
{% endmacro %}

{% macro default__get_column_names() %}
  {%- for column in model['columns'].values() -%}
    {{ adapter.quote(column['name']) if column.get('quote') else column['name'] }}{{ ', ' if not loop.last }}
  {%- endfor -%}
{% endmacro %}

{% macro get_select_subquery(sql) %}{% do return(adapter.dispatch('get_select_subquery', 'dbt')(sql)) %}{% endmacro %}
{# The declared columns in the declared order. #}
{% macro default__get_select_subquery(sql) %}
  select {{ adapter.dispatch('get_column_names', 'dbt')() }}
  from (
    {{ sql }}
  ) as model_subq
{%- endmacro %}
