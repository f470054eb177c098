-- One row for each week of each series between its first and its last week, without gaps.
with delivered as (

    select
        store_id,
        product_code,
        any_value(product_line) as product_line,
        week_start,
        max(units) as units,
        max(price) as price,
        bool_or(promotion) as promotion
    from {{ ref('bronze_weekly_sales') }}
    where units is not null
    group by store_id, product_code, week_start

),

series as (

    select
        store_id,
        product_code,
        any_value(product_line) as product_line,
        min(week_start) as first_week,
        max(week_start) as last_week
    from delivered
    group by store_id, product_code

),

weeks as (

    select
        store_id,
        product_code,
        product_line,
        unnest(generate_series(first_week, last_week, interval 7 day))::date as week_start
    from series

)

select
    weeks.store_id,
    weeks.product_code,
    weeks.product_line,
    weeks.week_start,
    row_number() over (partition by weeks.store_id, weeks.product_code order by weeks.week_start) as week_number,
    row_number() over (partition by weeks.store_id, weeks.product_code order by weeks.week_start desc) as weeks_from_end,
    coalesce(delivered.units, 0) as units,
    delivered.price,
    coalesce(delivered.promotion, false) as promotion,
    delivered.week_start is null as is_filled
from weeks
left join delivered using (store_id, product_code, week_start)
