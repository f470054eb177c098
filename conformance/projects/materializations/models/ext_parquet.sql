{{ config(materialized='external', location='ext_parquet.parquet') }}
select * from {{ ref('events') }}
