{{ config(materialized='ephemeral') }}
with doubled as (select id, value * 2 as value from {{ ref('eph_1') }}) select * from doubled
