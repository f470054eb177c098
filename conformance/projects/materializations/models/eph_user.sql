{{ config(materialized='table') }}
-- a comment, with a comma
with own as (select * from {{ ref('eph_2') }}), other as (select * from {{ ref('eph_1') }}) select own.id, own.value, other.value as first from own join other using (id)
