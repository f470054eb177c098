{{ config(materialized='incremental', on_schema_change='fail') }}
select id, value from {{ ref('events') }}
