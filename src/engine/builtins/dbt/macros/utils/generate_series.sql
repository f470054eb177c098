{% macro get_powers_of_two(upper_bound) %}{% do return(adapter.dispatch('get_powers_of_two', 'dbt')(upper_bound)) %}{% endmacro %}
{# The smallest n, at least 1, such that 2^n reaches the bound. #}
{% macro default__get_powers_of_two(upper_bound) %}
  {% if upper_bound <= 0 %}{% do exceptions.raise_compiler_error('upper bound must be positive') %}{% endif %}
  {% for n in range(1, 100) if 2 ** n >= upper_bound %}{% do return(n) %}{% endfor %}
{% endmacro %}

{% macro generate_series(upper_bound) %}{% do return(adapter.dispatch('generate_series', 'dbt')(upper_bound)) %}{% endmacro %}
{# Counts by joining a two-row table with itself once for each binary digit. #}
{% macro default__generate_series(upper_bound) %}
  {% set terms, joins = [], [] %}
  {% for i in range(dbt.get_powers_of_two(upper_bound)) %}
    {% do terms.append('p' ~ i ~ '.generated_number * power(2, ' ~ i ~ ')') %}
    {% do joins.append('p as p' ~ i) %}
  {% endfor %}
  with p as (
    select 0 as generated_number union all select 1
  ), unioned as (
    select {{ terms | join(' + ') }} + 1 as generated_number
    from {{ joins | join(' cross join ') }}
  )
  select *
  from unioned
  where generated_number <= {{ upper_bound }}
  order by generated_number
{% endmacro %}
