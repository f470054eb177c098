{% macro cents(column, precision=2) %}{{ return(adapter.dispatch('cents', 'macros_project')(column, precision)) }}{% endmacro %}
{% macro default__cents(column, precision) %}round({{ column }} / 100.0, {{ precision }}){% endmacro %}
{% macro duckdb__cents(column, precision) %}({{ column }} / 100)::decimal(16, {{ precision }}){% endmacro %}
{% macro values_of(relation, column) %}
  {% set query %}select distinct {{ column }} from {{ relation }} order by 1{% endset %}
  {% if execute %}{% do return(run_query(query).columns[0].values() | list) %}{% else %}{% do return([]) %}{% endif %}
{% endmacro %}
{% macro wrap(name) %}with {{ name }} as ({{ caller(name | upper) }}) select * from {{ name }}{% endmacro %}
{% macro many() %}{{ varargs | join('|') }}/{{ kwargs.items() | list | sort }}{% endmacro %}
{% macro early(x) %}{% if x > 1 %}{{ return('big') }}{% endif %}small{% endmacro %}
{% macro fact(n) %}{{ return(1 if n <= 1 else n * fact(n - 1)) }}{% endmacro %}
{% macro current_timestamp() %}timestamp '2024-01-01 00:00:00'{% endmacro %}
{% macro default__string_literal(value) %}'<{{ value }}>'{% endmacro %}
{% macro get_where_subquery(relation) %}{% do return(relation) %}{% endmacro %}
