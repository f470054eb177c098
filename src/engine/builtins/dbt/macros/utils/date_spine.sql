{% macro get_intervals_between(start_date, end_date, datepart) %}{% do return(adapter.dispatch('get_intervals_between', 'dbt')(start_date, end_date, datepart)) %}{% endmacro %}
{# Asks the database how many date parts lie between; 1 when it gives no answer. #}
{% macro default__get_intervals_between(start_date, end_date, datepart) %}
  {% call statement('get_intervals_between', fetch_result=true) %}select {{ dbt.datediff(start_date, end_date, datepart) }}{% endcall %}
  {% set answer = load_result('get_intervals_between') %}
  {% do return(answer['data'][0][0] if answer and answer['data'] else 1) %}
{% endmacro %}

{% macro date_spine(datepart, start_date, end_date) %}{% do return(adapter.dispatch('date_spine', 'dbt')(datepart, start_date, end_date)) %}{% endmacro %}
{# One row for each date part, from the first date to the last. #}
{% macro default__date_spine(datepart, start_date, end_date) %}
  {% set steps = dbt.get_intervals_between(start_date, end_date, datepart) %}
  with rawdata as (
    {{ dbt.generate_series(steps) }}
  ),
  all_periods as (
    select (
      {{ dbt.dateadd(datepart, 'row_number() over (order by 1) - 1', start_date) }}
    ) as date_{{ datepart }}
    from rawdata
  ),
  filtered as (
    select *
    from all_periods
    where date_{{ datepart }} <= {{ end_date }}
  )
  select * from filtered
{% endmacro %}
