{{ config(materialized='table', alias='called_alias') }}
{% call(upper) wrap('inner_cte') %}select '{{ upper }}' as name{% endcall %}