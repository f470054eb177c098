{{ config(
  materialized='incremental', unique_key='id', incremental_strategy='merge',
  merge_clauses={
    'when_matched': [{'action': 'update', 'mode': 'explicit', 'condition': 'DBT_INTERNAL_SOURCE.value > 1', 'update': {'include': ['value']}}, {'action': 'delete'}],
    'when_not_matched': [{'action': 'insert', 'mode': var('insert_mode', none)}]
  }
) }}
select id, grp, value from {{ ref('events') }}
