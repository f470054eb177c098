{% macro greet(name) %}{{ return(adapter.dispatch('greet', 'pack')(name)) }}{% endmacro %}
{% macro default__greet(name) %}'pack greets {{ name }}'{% endmacro %}
{% macro shared() %}'pack shared'{% endmacro %}
{% macro generate_schema_name(custom_schema_name, node) %}{{ target.schema }}_from_pack_{{ custom_schema_name or 'none' }}{% endmacro %}
{% test is_upper(model, column_name) %}select * from {{ model }} where {{ column_name }} <> upper({{ column_name }}){% endtest %}
