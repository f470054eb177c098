{{ config(materialized='external', location='ext.csv', options={'delimiter': '|', 'header': true}) }}
select id, grp from {{ ref('events') }}
