select
    customer_id,
    first_name || ' ' || last_name as customer_name,
    city,
    country,
    signup_date,
    newsletter
from {{ ref('bronze_customers') }}
qualify row_number() over (partition by customer_id order by signup_date desc, customer_name) = 1
