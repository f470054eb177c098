{{ config(materialized='table', indexes=[{'columns': ['id'], 'unique': true}, {'columns': ['grp', 'value']}]) }}
select * from {{ ref('events') }}
