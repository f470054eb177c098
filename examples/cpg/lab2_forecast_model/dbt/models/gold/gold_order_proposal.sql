-- Whole cases that cover the forecast of all stores, and the week in which to order them.
with demand as (

    select
        product_code,
        week_start,
        sum(forecast_units) as forecast_units
    from {{ ref('gold_demand_forecast') }}
    group by product_code, week_start

)

select
    demand.product_code,
    demand.week_start,
    demand.forecast_units,
    ceil(demand.forecast_units / products.units_per_case)::bigint as cases,
    round(ceil(demand.forecast_units / products.units_per_case) / nullif(products.cases_per_pallet, 0), 2) as pallets,
    products.supplier,
    (demand.week_start - to_days((7 * products.lead_time_weeks)::integer))::date as order_by
from demand
left join {{ ref('silver_products') }} as products on products.product_code = demand.product_code
order by demand.product_code, demand.week_start
