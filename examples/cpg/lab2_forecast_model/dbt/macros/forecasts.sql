{#
    Forecasts of all three methods for the weeks behind a cut, as (store_id, product_code, week_start, method, forecast).
    `history` holds the weeks up to the cut (silver_weekly_units' columns), `ahead` is the number of weeks to forecast.
    Nothing behind the cut is looked at.
#}
{% macro forecasts(history, ahead) %}
with history as (

    select * from {{ history }}

),

ends as (

    select
        store_id,
        product_code,
        any_value(product_line) as product_line,
        max(week_start) as last_week,
        list(units order by week_start) as units,
        coalesce(sum(units) filter (where weeks_back between 1 and 26), 0) as last_half_year,
        coalesce(sum(units) filter (where weeks_back between 53 and 78), 0) as same_a_year_before,
        count(*) as weeks
    from (
        select *, row_number() over (partition by store_id, product_code order by week_start desc) as weeks_back
        from history
    ) as numbered
    group by store_id, product_code

),

-- How a month of a product line compares with its mean, over all stores.
season as (

    select
        product_line,
        month(week_start) as month_number,
        avg(units) / nullif(avg(avg(units)) over (partition by product_line), 0) as factor
    from history
    group by product_line, month(week_start)

),

smoothed as (

    select
        history.store_id,
        history.product_code,
        list(history.units / coalesce(nullif(season.factor, 0), 1) order by history.week_start) as levels
    from history
    left join season
        on season.product_line = history.product_line
        and season.month_number = month(history.week_start)
    group by history.store_id, history.product_code

),

target_weeks as (

    select
        ends.*,
        smoothed.levels,
        (ends.last_week + to_days((7 * step)::integer))::date as week_start
    from ends
    inner join smoothed using (store_id, product_code)
    cross join generate_series(1, {{ ahead }}) as steps(step)

),

year_before as (

    select
        target_weeks.*,
        history.units as units_year_before
    from target_weeks
    left join history
        on history.store_id = target_weeks.store_id
        and history.product_code = target_weeks.product_code
        and history.week_start = target_weeks.week_start - interval 364 day

),

wide as (

    select
        year_before.store_id,
        year_before.product_code,
        year_before.product_line,
        year_before.week_start,
        units_year_before::double as seasonal_naive,
        units_year_before * case
            -- Growth that comes from a handful of units is noise, and no product line grows without end.
            when same_a_year_before >= 26 and weeks >= 78
                then least(2.0, greatest(0.5, last_half_year / same_a_year_before))
            else 1
        end as seasonal_trend,
        list_reduce(levels, lambda level, value: {{ var('smoothing') }} * value + (1 - {{ var('smoothing') }}) * level)
            * coalesce(season.factor, 1) as exp_smoothing
    from year_before
    left join season
        on season.product_line = year_before.product_line
        and season.month_number = month(year_before.week_start)

)

select store_id, product_code, product_line, week_start, method, greatest(forecast, 0) as forecast
from (unpivot wide on seasonal_naive, seasonal_trend, exp_smoothing into name method value forecast)
{% endmacro %}
