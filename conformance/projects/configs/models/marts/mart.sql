{{ config(pre_hook="create table if not exists {{ this.schema }}.hook_log (what varchar)", post_hook=["insert into {{ this.schema }}.hook_log values ('one {{ this.name }}')", {'sql': "insert into {{ this.schema }}.hook_log values ('two')", 'transaction': false}]) }}
select a.id, b.name from {{ ref('stg_a') }} a cross join {{ ref('stg_b') }} b
