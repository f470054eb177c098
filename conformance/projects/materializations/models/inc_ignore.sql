{{ config(materialized='incremental') }}
select id, grp, value from {{ ref('events') }}
