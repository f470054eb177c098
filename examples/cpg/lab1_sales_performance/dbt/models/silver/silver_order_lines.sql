-- One row for each order line. A line that was delivered twice counts once.
with lines as (

    select distinct * from {{ ref('bronze_sales_data') }}

)

select
    lines.ordernumber || '-' || lines.orderlinenumber as order_line_key,
    lines.ordernumber as order_number,
    lines.orderlinenumber as line_number,
    cast(lines.orderdate as date) as order_date,
    date_trunc('month', lines.orderdate)::date as order_month,
    lines.status as order_status,
    lines.status = 'Cancelled' as is_cancelled,
    lines.productline as product_line,
    lines.productcode as product_code,
    lines.quantityordered as quantity,
    lines.priceeach as unit_price,
    lines.msrp as list_price,
    lines.sales,
    lines.dealsize as deal_size,
    lines.customername as customer_name,
    lines.city,
    lines.country,
    lines.territory as territory_code,
    coalesce(territories.territory_name, 'Not assigned') as territory
from lines
left join {{ ref('territories') }} as territories
    on territories.territory_code = lines.territory
where lines.ordernumber is not null
qualify row_number() over (
    partition by lines.ordernumber, lines.orderlinenumber
    order by lines.orderdate desc nulls last, lines.sales desc nulls last, lines.status nulls last, lines.territory nulls last,
        lines.phone nulls last, lines.addressline2 nulls last, lines.state nulls last, lines.postalcode nulls last
) = 1
