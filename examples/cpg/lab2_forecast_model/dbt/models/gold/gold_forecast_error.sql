-- The method with the smallest error on the held-out weeks, for each series.
with errors as (

    select
        store_id,
        product_code,
        any_value(product_line) as product_line,
        method,
        count(*) as holdout_weeks,
        sum(actual) as actual_units,
        sum(forecast) as forecast_units,
        {{ wape('actual', 'forecast') }} as wape,
        {{ mape('actual', 'forecast') }} as mape,
        {{ bias('actual', 'forecast') }} as bias
    from {{ ref('silver_backtest') }}
    group by store_id, product_code, method

)

select * rename (method as best_method)
from errors
qualify row_number() over (partition by store_id, product_code order by wape nulls last, method) = 1
order by store_id, product_code
