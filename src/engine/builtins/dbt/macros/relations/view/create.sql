{# As with tables, create_view_as is the name that projects override. #}
{% macro get_create_view_as_sql(relation, sql) %}{% do return(adapter.dispatch('get_create_view_as_sql', 'dbt')(relation, sql)) %}{% endmacro %}
{% macro default__get_create_view_as_sql(relation, sql) %}{% do return(create_view_as(relation, sql)) %}{% endmacro %}

{% macro create_view_as(relation, sql) %}{% do return(adapter.dispatch('create_view_as', 'dbt')(relation, sql)) %}{% endmacro %}
{% macro default__create_view_as(relation, sql) %}
  {%- set contract = config.get('contract') -%}
  {%- set header = config.get('sql_header', none) -%}
  {{ header if header is not none }}
  create view {{ relation.render() }} {{ get_assert_columns_equivalent(sql) if contract.enforced }} as (
    {{ sql }}
  );
{% endmacro %}
