select
    method,
    count(distinct (store_id, product_code)) as series,
    count(*) as weeks,
    {{ wape('actual', 'forecast') }} as wape,
    {{ mape('actual', 'forecast') }} as mape,
    {{ bias('actual', 'forecast') }} as bias
from {{ ref('silver_backtest') }}
group by method
order by wape
