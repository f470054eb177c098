{# The parts that a snapshot's SQL is made of. #}

{% macro create_columns(relation, columns) %}{% do return(adapter.dispatch('create_columns', 'dbt')(relation, columns)) %}{% endmacro %}
{% macro default__create_columns(relation, columns) %}
  {% for column in columns %}
    {% call statement() %}alter table {{ relation.render() }} add column {{ adapter.quote(column.name) }} {{ column.expanded_data_type }};{% endcall %}
  {% endfor %}
{% endmacro %}

{% macro post_snapshot(staging_relation) %}{% do return(adapter.dispatch('post_snapshot', 'dbt')(staging_relation)) %}{% endmacro %}
{% macro default__post_snapshot(staging_relation) %}{% endmacro %}

{% macro get_true_sql() %}{% do return(adapter.dispatch('get_true_sql', 'dbt')()) %}{% endmacro %}
{% macro default__get_true_sql() %}{% do return('TRUE') %}{% endmacro %}

{% macro get_snapshot_table_column_names() %}
  {% do return({
    'dbt_valid_to': 'dbt_valid_to',
    'dbt_valid_from': 'dbt_valid_from',
    'dbt_scd_id': 'dbt_scd_id',
    'dbt_updated_at': 'dbt_updated_at',
    'dbt_is_deleted': 'dbt_is_deleted'
  }) %}
{% endmacro %}

{% macro snapshot_staging_table(strategy, source_sql, target_relation) %}{% do return(adapter.dispatch('snapshot_staging_table', 'dbt')(strategy, source_sql, target_relation)) %}{% endmacro %}
{# Everything that this run changes, each row with what to do: `insert` new versions, `update` the end of old ones,
   and with hard deletes `delete` what the source no longer has (new_record also inserts a version that says so). #}
{% macro default__snapshot_staging_table(strategy, source_sql, target_relation) -%}
  {%- set columns = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
  {%- set key, clock = strategy.unique_key, strategy.updated_at -%}
  {%- set records_deletes = strategy.hard_deletes == 'new_record' -%}
  {%- set sees_deletes = records_deletes or strategy.hard_deletes == 'invalidate' -%}
  {%- set end_of_time = config.get('dbt_valid_to_current') -%}
  {%- set flag = 'snapshotted_data.' ~ columns.dbt_is_deleted -%}
  {%- set keys = unique_key_fields(key) -%}
  {%- set same_key = unique_key_join_on(key, 'snapshotted_data', 'source_data') -%}
  {%- set gone = unique_key_is_null(key, 'source_data') -%}
  {%- set changed = strategy.row_changed ~ (' or ' ~ flag ~ " = 'True'" if records_deletes else '') -%}
  {%- set not_yet_gone -%}
    and not (
      {{ flag }} = 'True'
      and snapshotted_data.{{ columns.dbt_valid_to }} {{ '= ' ~ end_of_time if end_of_time else 'is null' }}
    )
  {%- endset -%}
  with snapshot_query as (
    {{ source_sql }}
  ),
  snapshotted_data as (
    select *, {{ keys }}
    from {{ target_relation }}
    where
      {%- if end_of_time %}
      ( {{ equals(columns.dbt_valid_to | trim, end_of_time | trim) }} or {{ columns.dbt_valid_to | trim }} is null )
      {%- else %} {{ columns.dbt_valid_to }} is null
      {%- endif %}
  ),
  insertions_source_data as (
    select *, {{ keys }},
      {{ clock }} as {{ columns.dbt_updated_at }},
      {{ clock }} as {{ columns.dbt_valid_from }},
      {{ get_dbt_valid_to_current(strategy, columns) }},
      {{ strategy.scd_id }} as {{ columns.dbt_scd_id }}
    from snapshot_query
  ),
  updates_source_data as (
    select *, {{ keys }},
      {{ clock }} as {{ columns.dbt_updated_at }},
      {{ clock }} as {{ columns.dbt_valid_from }},
      {{ clock }} as {{ columns.dbt_valid_to }}
    from snapshot_query
  ),
  {%- if sees_deletes %}
  deletes_source_data as (
    select *, {{ keys }}
    from snapshot_query
  ),
  {%- endif %}
  insertions as (
    select 'insert' as dbt_change_type, source_data.*{{ ", 'False' as " ~ columns.dbt_is_deleted if records_deletes }}
    from insertions_source_data as source_data
    left outer join snapshotted_data on {{ same_key }}
    where {{ unique_key_is_null(key, 'snapshotted_data') }}
      or ({{ unique_key_is_not_null(key, 'snapshotted_data') }} and ( {{ changed }} ))
  ),
  updates as (
    select 'update' as dbt_change_type, source_data.*, snapshotted_data.{{ columns.dbt_scd_id }}{{ ', ' ~ flag if records_deletes }}
    from updates_source_data as source_data
    join snapshotted_data on {{ same_key }}
    where ( {{ changed }} )
  )
  {%- if sees_deletes %},
  {%- set now = snapshot_get_time() %}
  deletes as (
    select 'delete' as dbt_change_type, source_data.*,
      {{ now }} as {{ columns.dbt_valid_from }},
      {{ now }} as {{ columns.dbt_updated_at }},
      {{ now }} as {{ columns.dbt_valid_to }},
      snapshotted_data.{{ columns.dbt_scd_id }}{{ ', ' ~ flag if records_deletes }}
    from snapshotted_data
    left join deletes_source_data as source_data on {{ same_key }}
    where {{ gone }}
    {{ not_yet_gone if records_deletes }}
  )
  {%- endif %}
  {%- if records_deletes %},
  {%- set known = get_list_of_column_names(get_columns_in_relation(target_relation)) %}
  deletion_records as (
    select 'insert' as dbt_change_type,
      {%- for name in get_columns_in_query(source_sql) %}
      {{ 'snapshotted_data' if name in known else 'source_data' }}.{{ adapter.quote(name) }},
      {%- endfor %}
      {%- if key | is_list %}
      {%- for part in key %}
      snapshotted_data.{{ part }} as dbt_unique_key_{{ loop.index }},
      {%- endfor %}
      {%- else %}
      snapshotted_data.dbt_unique_key as dbt_unique_key,
      {%- endif %}
      {{ now }} as {{ columns.dbt_valid_from }},
      {{ now }} as {{ columns.dbt_updated_at }},
      snapshotted_data.{{ columns.dbt_valid_to }} as {{ columns.dbt_valid_to }},
      {{ snapshot_hash_arguments([columns.dbt_scd_id, now]) }} as {{ columns.dbt_scd_id }},
      'True' as {{ columns.dbt_is_deleted }}
    from snapshotted_data
    left join deletes_source_data as source_data on {{ same_key }}
    where {{ gone }}
    {{ not_yet_gone }}
  )
  {%- endif %}
  select * from insertions
  union all
  select * from updates
  {%- if sees_deletes %}
  union all
  select * from deletes
  {%- endif %}
  {%- if records_deletes %}
  union all
  select * from deletion_records
  {%- endif %}
{%- endmacro %}

{% macro build_snapshot_table(strategy, sql) %}{% do return(adapter.dispatch('build_snapshot_table', 'dbt')(strategy, sql)) %}{% endmacro %}
{# The first run: every row is a current version. #}
{% macro default__build_snapshot_table(strategy, sql) %}
  {%- set columns = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() %}
  select *,
    {{ strategy.scd_id }} as {{ columns.dbt_scd_id }},
    {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
    {{ strategy.updated_at }} as {{ columns.dbt_valid_from }},
    {{ get_dbt_valid_to_current(strategy, columns) }}
    {{ ", 'False' as " ~ columns.dbt_is_deleted if strategy.hard_deletes == 'new_record' }}
  from (
    {{ sql }}
  ) sbq
{% endmacro %}

{% macro build_snapshot_staging_table(strategy, sql, target_relation) %}
  {% set staging = make_temp_relation(target_relation) %}
  {% set changes = snapshot_staging_table(strategy, sql, target_relation) %}
  {% call statement('build_snapshot_staging_relation') %}{{ create_table_as(True, staging, changes) }}{% endcall %}
  {% do return(staging) %}
{% endmacro %}

{% macro get_updated_at_column_data_type(snapshot_sql) %}
  {% set clocks = get_column_schema_from_query(snapshot_sql) | selectattr('column', 'in', ['dbt_updated_at', 'DBT_UPDATED_AT']) | list %}
  {% do return(clocks[-1].dtype if clocks and clocks[-1].dtype else none) %}
{% endmacro %}

{# Warns when the rows' clock and the database's have different types, since they end up in one column. #}
{% macro check_time_data_types(sql) %}
  {% set rows, database = get_updated_at_column_data_type(sql), get_snapshot_get_time_data_type() %}
  {% if rows is not none and database is not none and rows != database and exceptions.warn_snapshot_timestamp_data_types %}
    {% do exceptions.warn_snapshot_timestamp_data_types(database, rows) %}
  {% endif %}
{% endmacro %}

{# The end of a current version: never. The nullif gives that null the clock's type. #}
{% macro get_dbt_valid_to_current(strategy, columns) -%}
  coalesce(nullif({{ strategy.updated_at }}, {{ strategy.updated_at }}), {{ config.get('dbt_valid_to_current') or 'null' }}) as {{ columns.dbt_valid_to }}
{%- endmacro %}

{# A unique key may be one expression or several; the following say each thing for both. #}
{% macro unique_key_fields(unique_key) -%}
  {%- if unique_key | is_list -%}
    {%- for key in unique_key -%}{{ key }} as dbt_unique_key_{{ loop.index }}{{ ', ' if not loop.last }}{%- endfor -%}
  {%- else -%}
    {{ unique_key }} as dbt_unique_key
  {%- endif -%}
{%- endmacro %}

{% macro unique_key_join_on(unique_key, identifier, from_identifier) -%}
  {%- if unique_key | is_list -%}
    {%- for key in unique_key -%}
      {{ equals(identifier ~ '.dbt_unique_key_' ~ loop.index, from_identifier ~ '.dbt_unique_key_' ~ loop.index) }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
  {%- else -%}
    {{ identifier }}.dbt_unique_key = {{ from_identifier }}.dbt_unique_key
  {%- endif -%}
{%- endmacro %}

{% macro unique_key_is_null(unique_key, identifier) -%}
  {{ identifier }}.dbt_unique_key{{ '_1' if unique_key | is_list }} is null
{%- endmacro %}

{% macro unique_key_is_not_null(unique_key, identifier) -%}
  {{ identifier }}.dbt_unique_key{{ '_1' if unique_key | is_list }} is not null
{%- endmacro %}
