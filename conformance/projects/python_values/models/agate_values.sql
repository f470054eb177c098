-- depends_on: {{ ref('nums') }}
select {{ q(rows('select * from ' ~ ref('nums') ~ ' order by 1')) }} as seed_rows,
 {{ q(rows("select 1::tinyint a, 2::hugeint b, 1.10::decimal(5,2) c, 1e10::double d, 'x' e, null f, date '2024-01-01' g, timestamp '2024-01-01 01:02:03.5' h, interval 1 day i, [1,2] j, {'a': 1} k, true l, time '10:00' m, '2024-01-01' n, uuid '00000000-0000-0000-0000-000000000001' o, timestamptz '2024-01-01 00:00:00+00' p")) }} as all_types,
 {{ q(rows("select '1' as a, '2.50' as b, 'true' as c, '2024-01-01' as d, '' as e, ' x ' as f, 'null' as g")) }} as texts,
 {{ q(rows("select count(*) as n, sum(i) as s, avg(i) as a, max(day) as d, min(ts) as t, sum(d) as m from " ~ ref('nums'))) }} as aggs