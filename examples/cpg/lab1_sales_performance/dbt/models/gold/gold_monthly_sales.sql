with months as (

    select
        order_month as sales_month,
        product_line,
        count(distinct order_number) as orders,
        sum(quantity) as units,
        sum(sales) as sales
    from {{ ref('silver_order_lines') }}
    group by all

)

select
    months.*,
    before.sales as sales_year_before,
    months.sales / nullif(before.sales, 0) - 1 as growth
from months
left join months as before
    on before.product_line = months.product_line
    and before.sales_month = months.sales_month - interval 1 year
order by months.sales_month, months.product_line
