{{ config(materialized='incremental', on_schema_change='fail') }}
select id, value, 1 as extra from {{ ref('events') }}
