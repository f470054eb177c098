{#
    A score from 1 to 5 by fifths of the rows, 5 for the highest values of the expression.
    The key decides between equal values, so that the same data always gives the same score.
#}
{% macro score(expression, key) -%}
    ntile(5) over (order by {{ expression }}, {{ key }})
{%- endmacro %}
