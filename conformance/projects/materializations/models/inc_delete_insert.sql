{{ config(materialized='incremental', unique_key='id', incremental_strategy='delete+insert') }}
select id, grp, value from {{ ref('events') }}
{% if is_incremental() %} where id >= (select coalesce(max(id), 0) - 1 from {{ this }}) {% endif %}
