{{ config(materialized='table') }}
select
  1::tinyint as tiny, 170141183460469231731687303715884105727::hugeint as huge, 1.5::decimal(9, 3) as money,
  'b'::enum('a', 'b') as letter, interval '1 year 2 days 3 hours' as span, '10101'::bit as bits,
  '2024-01-02 03:04:05.678901'::timestamp as moment, '2024-01-02 03:04:05+00'::timestamptz as zoned,
  '03:04:05.6'::time as clock, date '2024-01-02' as day, 'x'::blob as bytes, uuid '00000000-0000-0000-0000-000000000001' as id,
  [1, null, 3] as list, [1, 2, 3]::integer[3] as fixed, {'a': 1, 'b': {'c': 'it''s, "quoted"'}} as struct, map {'k': 1.5} as map,
  {'h': 5::hugeint} as deep_huge, '{"a": [1, 2]}'::json as doc, null as nothing, true as flag, 1e300::double as big, '2024-01-02 03:04:05'::timestamp_s as seconds,
  '2024-01-02 03:04:05.123456789'::timestamp_ns as nanos
union all
select null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null
