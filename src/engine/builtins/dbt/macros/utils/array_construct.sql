{% macro array_construct(inputs=[], data_type=api.Column.translate_type('integer')) %}{% do return(adapter.dispatch('array_construct', 'dbt')(inputs, data_type)) %}{% endmacro %}
{# An empty array has no element to tell its type, so the type is written out. #}
{% macro default__array_construct(inputs, data_type) %} array[{{ ' ' ~ inputs | join(' , ') ~ ' ]' if inputs else ']::' ~ data_type ~ '[]' }} {% endmacro %}
