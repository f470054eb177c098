{% macro default__greet(name) %}'root greets {{ name }}'{% endmacro %}
{% macro shared() %}'root shared'{% endmacro %}
