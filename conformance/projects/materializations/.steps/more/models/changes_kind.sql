{{ config(materialized='view') }} select 2 as x
