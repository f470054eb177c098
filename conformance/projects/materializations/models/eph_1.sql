{{ config(materialized='ephemeral') }}
select id, value from {{ ref('events') }} where id > 1
