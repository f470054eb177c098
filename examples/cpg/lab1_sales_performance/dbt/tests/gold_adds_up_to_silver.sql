-- What gold reports must be what the order lines add up to, in every table.
with silver as (

    select sum(sales) as sales from {{ ref('silver_order_lines') }}

),

gold as (

    select 'gold_product_line_kpis' as table_name, sum(sales) as sales from {{ ref('gold_product_line_kpis') }}
    union all
    select 'gold_monthly_sales', sum(sales) from {{ ref('gold_monthly_sales') }}
    union all
    select 'gold_customer_sales', sum(sales) from {{ ref('gold_customer_sales') }}

)

select gold.table_name, gold.sales, silver.sales as expected
from gold
cross join silver
where abs(gold.sales - silver.sales) > 0.01
