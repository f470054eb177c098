{{ config(alias='Odd Name', schema='Upper', database=target.database) }}
select * from {{ ref('mart') }}
