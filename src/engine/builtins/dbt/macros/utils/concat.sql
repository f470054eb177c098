{% macro concat(fields) %}{% do return(adapter.dispatch('concat', 'dbt')(fields)) %}{% endmacro %}
{% macro default__concat(fields) %}{% do return(fields | join(' || ')) %}{% endmacro %}
