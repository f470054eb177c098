{{ config(tags=['inline', 'root'], meta={'inline': true, 'depth': 3}) }}
select 1 as id, '{{ var("level") }}' as level, '{{ var("shared") }}' as shared, '{{ var("missing", "fallback") }}' as missing,
  '{{ var("list_var") }}' as list_var, '{{ var("cli_only", none) }}' as cli_only
