{{ config(materialized='incremental', unique_key='id', on_schema_change='sync_all_columns') }}
select id, value::varchar as value, 'new' as added from {{ ref('events') }}
