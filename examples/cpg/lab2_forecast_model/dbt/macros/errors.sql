{# Sum of absolute errors over the sum of actual units: large series weigh more. #}
{% macro wape(actual, forecast) -%}
    sum(abs({{ actual }} - {{ forecast }})) / nullif(sum({{ actual }}), 0)
{%- endmacro %}

{# Mean of the relative errors of weeks in which anything was sold. #}
{% macro mape(actual, forecast) -%}
    avg(abs({{ actual }} - {{ forecast }}) / {{ actual }}) filter (where {{ actual }} > 0)
{%- endmacro %}

{# Above zero: too much was forecast. #}
{% macro bias(actual, forecast) -%}
    sum({{ forecast }} - {{ actual }}) / nullif(sum({{ actual }}), 0)
{%- endmacro %}
