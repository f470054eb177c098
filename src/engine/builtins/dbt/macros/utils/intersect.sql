{% macro intersect() %}{% do return(adapter.dispatch('intersect', 'dbt')()) %}{% endmacro %}
{% macro default__intersect() %}
intersect
{% endmacro %}
