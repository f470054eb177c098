-- A forecast of a week that has been sold already is none.
select forecast.store_id, forecast.product_code, forecast.week_start
from {{ ref('gold_demand_forecast') }} as forecast
inner join {{ ref('silver_weekly_units') }} as sold using (store_id, product_code, week_start)
