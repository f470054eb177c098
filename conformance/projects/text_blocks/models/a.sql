select 1 as id, cast('2020-01-01' as timestamp) as ts, 1 as v, '{{ var('v') }}' as vv
