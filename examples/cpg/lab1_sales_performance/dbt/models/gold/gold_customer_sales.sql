with customers as (

    select
        customer_name,
        any_value(country order by order_number desc) as country,
        any_value(territory order by order_number desc) as territory,
        count(distinct order_number) as orders,
        sum(sales) as sales,
        max(order_date) as last_order
    from {{ ref('silver_order_lines') }}
    group by customer_name

),

ranked as (

    select
        *,
        {{ share('sales') }} as share_of_sales,
        row_number() over (order by sales desc, customer_name) as sales_rank,
        sum(sales) over (order by sales desc, customer_name) / sum(sales) over () as cumulative_share
    from customers

)

select
    *,
    case
        when cumulative_share - share_of_sales < {{ var('abc_a') }} then 'A'
        when cumulative_share - share_of_sales < {{ var('abc_b') }} then 'B'
        else 'C'
    end as abc_class
from ranked
order by sales_rank
