{{ config(materialized='incremental', unique_key=none, incremental_strategy='append') }}
select id, grp, value from {{ ref('events') }}
{% if is_incremental() %} where id >= (select coalesce(max(id), 0) - 1 from {{ this }}) {% endif %}
