{{ config(materialized='incremental') }}
select id, grp, value, 'ignored' as extra from {{ ref('events') }} where id > 3
