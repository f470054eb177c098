-- Forecasts of the held-out weeks beside what was really sold in them.
with forecasts as (

    {{ forecasts(ref('silver_training_weeks'), var('holdout_weeks')) }}

)

select
    forecasts.store_id,
    forecasts.product_code,
    forecasts.product_line,
    forecasts.week_start,
    forecasts.method,
    forecasts.forecast,
    actual.units as actual
from forecasts
inner join {{ ref('silver_weekly_units') }} as actual
    on actual.store_id = forecasts.store_id
    and actual.product_code = forecasts.product_code
    and actual.week_start = forecasts.week_start
    and not actual.is_filled
