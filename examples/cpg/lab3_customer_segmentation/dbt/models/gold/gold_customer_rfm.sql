with today as (

    -- The newest purchase stands for today.
    select max(transaction_date) as date from {{ ref('silver_transactions') }}

),

purchases as (

    select
        customer_id,
        max(transaction_date) as last_purchase,
        count(*) as frequency,
        sum(amount) as monetary,
        avg(with_coupon::int) as coupon_share
    from {{ ref('silver_transactions') }}
    group by customer_id

),

scored as (

    select
        purchases.*,
        date_diff('day', purchases.last_purchase, today.date) as recency_days,
        {{ score('purchases.last_purchase', 'customer_id') }} as recency_score,
        {{ score('purchases.frequency', 'customer_id') }} as frequency_score,
        {{ score('purchases.monetary', 'customer_id') }} as monetary_score
    from purchases
    cross join today

)

select
    customers.customer_id,
    customers.customer_name,
    customers.country,
    scored.last_purchase,
    scored.recency_days,
    scored.frequency,
    scored.monetary,
    scored.coupon_share,
    scored.recency_score,
    scored.frequency_score,
    scored.monetary_score,
    coalesce(segments.segment, 'Never bought') as segment
from {{ ref('silver_customers') }} as customers
left join scored using (customer_id)
left join {{ ref('rfm_segments') }} as segments
    on scored.recency_score between segments.recency_from and segments.recency_to
    and greatest(scored.frequency_score, scored.monetary_score) between segments.value_from and segments.value_to
order by customers.customer_id
