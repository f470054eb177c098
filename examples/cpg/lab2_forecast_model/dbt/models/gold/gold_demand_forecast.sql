-- The coming weeks, each series by its best method; without a test, by the level of its last weeks.
with forecasts as (

    {{ forecasts(ref('silver_weekly_units'), var('horizon_weeks')) }}

)

select
    forecasts.store_id,
    forecasts.product_code,
    forecasts.product_line,
    forecasts.week_start,
    forecasts.method,
    round(forecasts.forecast)::bigint as forecast_units,
    best.wape as method_wape,
    greatest(0, round(forecasts.forecast * (1 - coalesce(best.wape, 1)))::bigint) as low_units,
    round(forecasts.forecast * (1 + coalesce(best.wape, 1)))::bigint as high_units
from forecasts
left join {{ ref('gold_forecast_error') }} as best
    on best.store_id = forecasts.store_id
    and best.product_code = forecasts.product_code
where forecasts.method = coalesce(best.best_method, 'exp_smoothing')
order by forecasts.store_id, forecasts.product_code, forecasts.week_start
