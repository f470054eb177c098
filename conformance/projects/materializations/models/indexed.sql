{{ config(materialized='table', indexes=[{'columns': ['id'], 'unique': true}, {'columns': ['grp', 'value']}]) }}
-- by itself: dbt lists indexes in every table's transaction, which fails while an indexed table is renamed
-- depends_on: {{ ref('plain_table') }} {{ ref('ext_reader') }} {{ ref('recursive') }} {{ ref('eph_user') }}
select * from {{ ref('events') }}
