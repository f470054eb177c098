-- The segments' revenue must be what the customers paid.
select segments.revenue, transactions.amount
from (select sum(revenue) as revenue from {{ ref('gold_segments') }}) as segments
cross join (select sum(amount) as amount from {{ ref('silver_transactions') }}) as transactions
where abs(segments.revenue - transactions.amount) > 0.01
