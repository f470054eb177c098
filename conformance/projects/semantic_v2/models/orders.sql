select 1 as id, 2 as customer, date '2024-01-01' as ordered_on, 10.0 as amount, 4.0 as cost, true as big, 'x' as channel, timestamp '2024-01-01' as from_at, timestamp '2025-01-01' as to_at
