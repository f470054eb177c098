{{ config(materialized='table') }}
select
  {{ env_var('QUERY_COMMENT_NUMBER', 3) + 1 }} as four,
  {{ "'set'" if env_var('QUERY_COMMENT_NOT_SET', false) else "'not set'" }} as unset,
  {{ env_var('QUERY_COMMENT_LIST', [1, 2]) | length }} as two
