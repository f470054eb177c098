{% macro cast(field, type) %}{% do return(adapter.dispatch('cast', 'dbt')(field, type)) %}{% endmacro %}
{% macro default__cast(field, type) %} cast({{ field }} as {{ type }}) {% endmacro %}
