{# Closes the old versions, then adds the new ones. #}
{% macro duckdb__snapshot_merge_sql(target, source, insert_cols) %}
  {%- set columns = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
  {%- set end = 'DBT_INTERNAL_TARGET.' ~ columns.dbt_valid_to -%}
  {%- set end_of_time = config.get('dbt_valid_to_current') %}
  update {{ target }} as DBT_INTERNAL_TARGET
  set {{ columns.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ columns.dbt_valid_to }}
  from {{ source }} as DBT_INTERNAL_SOURCE
  where DBT_INTERNAL_SOURCE.{{ columns.dbt_scd_id }}::text = DBT_INTERNAL_TARGET.{{ columns.dbt_scd_id }}::text
    and DBT_INTERNAL_SOURCE.dbt_change_type::text in ('update'::text, 'delete'::text)
    and {{ '(' ~ end ~ ' = ' ~ end_of_time ~ ' or ' ~ end ~ ' is null)' if end_of_time else end ~ ' is null' }};

  insert into {{ target }} ({{ insert_cols | join(', ') }})
  select {% for name in insert_cols %}DBT_INTERNAL_SOURCE.{{ name }}{{ ', ' if not loop.last }}{% endfor %}
  from {{ source }} as DBT_INTERNAL_SOURCE
  where DBT_INTERNAL_SOURCE.dbt_change_type::text = 'insert'::text;
{% endmacro %}

{% macro build_snapshot_staging_table(strategy, sql, target_relation) %}
  {% set place = duckdb__dispatch_temporary_relation(target_relation) %}
  {% set changes = snapshot_staging_table(strategy, sql, target_relation) %}
  {% call statement('build_snapshot_staging_relation') %}{{ create_table_as(place.temporary, place.relation, changes) }}{% endcall %}
  {% do return(place.relation) %}
{% endmacro %}

{% macro duckdb__post_snapshot(temporary_relation) %}{% do return(drop_relation(temporary_relation)) %}{% endmacro %}
