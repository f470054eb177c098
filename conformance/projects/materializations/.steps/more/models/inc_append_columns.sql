{{ config(materialized='incremental', unique_key='id', on_schema_change='append_new_columns') }}
select id, grp, value, value * 2 as doubled from {{ ref('events') }}
