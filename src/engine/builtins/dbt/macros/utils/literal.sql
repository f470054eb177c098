{% macro string_literal(value) %}{% do return(adapter.dispatch('string_literal', 'dbt')(value)) %}{% endmacro %}
{% macro default__string_literal(value) %}{% do return("'" ~ value ~ "'") %}{% endmacro %}
