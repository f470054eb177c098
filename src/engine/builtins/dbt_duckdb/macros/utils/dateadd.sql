{# The count may be any expression, so it multiplies an interval of one; DuckDB has no such interval for quarters. #}
{% macro duckdb__dateadd(datepart, interval, from_date_or_timestamp) %}

    {% set unit = datepart | lower -%}
    {%- set factor, base = {'quarter': (3, 'month'), 'week': (7, 'day')}.get(unit, (1, unit)) -%}
    ({{ from_date_or_timestamp }} + {{ '(' if factor > 1 }}cast({{ interval }} as bigint){{ ' * ' ~ factor ~ ')' if factor > 1 }} * interval 1 {{ base }})
{%- endmacro %}
