with customers as (

    select
        segment,
        count(*) as customers,
        coalesce(sum(monetary), 0) as revenue,
        avg(recency_days) as average_recency_days,
        avg(frequency) as average_frequency,
        avg(monetary) as average_monetary
    from {{ ref('gold_customer_rfm') }}
    group by segment

)

select
    customers.segment,
    customers.customers,
    customers.customers / sum(customers.customers) over () as share_of_customers,
    customers.revenue,
    customers.revenue / nullif(sum(customers.revenue) over (), 0) as share_of_revenue,
    customers.average_recency_days,
    customers.average_frequency,
    customers.average_monetary,
    coalesce(actions.action, 'Welcome them with a first offer') as action
from customers
left join (select distinct segment, action from {{ ref('rfm_segments') }}) as actions using (segment)
order by customers.revenue desc, customers.segment
