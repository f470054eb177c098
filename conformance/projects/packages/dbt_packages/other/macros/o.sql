{% macro only_there() %}'other'{% endmacro %}
{% macro default__string_literal(v) %}'not used {{ v }}'{% endmacro %}
