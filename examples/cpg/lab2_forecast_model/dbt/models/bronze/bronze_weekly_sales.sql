select * from {{ source('raw', 'weekly_sales') }}
