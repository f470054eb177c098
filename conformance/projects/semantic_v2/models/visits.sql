select 2 as id, 'A' as name, date '2024-01-01' as seen_on
