-- A purchase that was delivered twice counts once; one with what is missing filled in wins.
select
    transaction_id,
    customer_id,
    transaction_date,
    coalesce(channel, 'unknown') as channel,
    coalesce(product_line, 'Not assigned') as product_line,
    items,
    amount,
    coupon is not null as with_coupon
from {{ ref('bronze_transactions') }}
where amount > 0
qualify row_number() over (
    partition by transaction_id
    order by (channel is null)::int + (product_line is null)::int, transaction_date desc, amount desc
) = 1
