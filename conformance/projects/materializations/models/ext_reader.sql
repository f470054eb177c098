{{ config(materialized='table') }}
select a.id, b.grp from {{ ref('ext_parquet') }} a join {{ ref('ext_csv') }} b using (id)
