{{ config(severity='error', store_failures=true) }}
select * from {{ ref('base') }} where false