{# An amount's share of the total over all rows. #}
{% macro share(amount) -%}
    {{ amount }} / nullif(sum({{ amount }}) over (), 0)
{%- endmacro %}
