{{ config(materialized='table') }}
with recursive n as (select 1 as i union all select i + 1 from n where i < 5) select n.i, e.value from n left join {{ ref('eph_1') }} e on e.id = n.i
