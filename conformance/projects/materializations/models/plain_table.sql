{{ config(materialized='table') }} select grp, sum(value) as total, count(*) as n from {{ ref('plain_view') }} group by 1
