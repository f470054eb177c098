{{ config(materialized='incremental', unique_key='id') }}
select id, '{{ is_incremental() }}' as was_incremental from {{ ref('events') }}
