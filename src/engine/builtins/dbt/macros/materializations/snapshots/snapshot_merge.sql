{% macro snapshot_merge_sql(target, source, insert_cols) %}{% do return(adapter.dispatch('snapshot_merge_sql', 'dbt')(target, source, insert_cols)) %}{% endmacro %}
{% macro default__snapshot_merge_sql(target, source, insert_cols) -%}
  {%- set columns = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
  {%- set names, end = insert_cols | join(', '), ('DBT_INTERNAL_DEST.' ~ columns.dbt_valid_to) | trim -%}
  {%- set end_of_time = config.get('dbt_valid_to_current') -%}
  merge into {{ target.render() }} as DBT_INTERNAL_DEST
  using {{ source }} as DBT_INTERNAL_SOURCE
  on DBT_INTERNAL_SOURCE.{{ columns.dbt_scd_id }} = DBT_INTERNAL_DEST.{{ columns.dbt_scd_id }}
  when matched
    and {{ '(' ~ equals(end, end_of_time | trim) ~ ' or ' ~ end ~ ' is null)' if end_of_time else end ~ ' is null' }}
    and DBT_INTERNAL_SOURCE.dbt_change_type in ('update', 'delete')
    then update set {{ columns.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ columns.dbt_valid_to }}
  when not matched and DBT_INTERNAL_SOURCE.dbt_change_type = 'insert'
    then insert ({{ names }}) values ({{ names }})
{% endmacro %}
