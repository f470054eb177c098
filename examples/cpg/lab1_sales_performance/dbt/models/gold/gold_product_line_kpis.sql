with lines as (

    select * from {{ ref('silver_order_lines') }}

)

select
    product_line,
    count(*) as order_lines,
    count(distinct order_number) as orders,
    count(distinct customer_name) as customers,
    count(distinct product_code) as products,
    sum(quantity) as units,
    sum(sales) as sales,
    coalesce(sum(sales) filter (where is_cancelled), 0) as cancelled_sales,
    sum(sales) / nullif(count(distinct order_number), 0) as sales_per_order,
    {{ share('sum(sales)') }} as share_of_sales,
    1 - sum(sales) / nullif(sum(quantity * list_price), 0) as discount_on_list_price,
    min(order_date) as first_order,
    max(order_date) as last_order
from lines
group by product_line
order by sales desc
