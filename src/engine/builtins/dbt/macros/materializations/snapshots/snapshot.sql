{# Keeps every version of a row: the first run copies the query, later runs add what changed since. #}
{% materialization snapshot, default %}
  {% set exists, target_relation = get_or_create_relation(
       database=model.database, schema=model.schema, identifier=model.get('alias', model.get('name')), type='table') %}
  {% if not target_relation.is_table %}{% do exceptions.relation_wrong_type(target_relation, 'table') %}{% endif %}

  {% do run_hooks(pre_hooks, inside_transaction=false) %}
  {% do run_hooks(pre_hooks, inside_transaction=true) %}

  {% set strategy_macro = strategy_dispatch(config.get('strategy')) %}
  {% set strategy = strategy_macro(model, 'snapshotted_data', 'source_data', model['config'], exists) %}

  {% if not exists %}
    {% set rows_sql = build_snapshot_table(strategy, model['compiled_code']) %}
    {% set build_sql = create_table_as(False, target_relation, rows_sql) %}
  {% else %}
    {% set columns = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() %}
    {% do adapter.assert_valid_snapshot_target_given_strategy(target_relation, columns, strategy) %}
    {% set staging = build_snapshot_staging_table(strategy, sql, target_relation) %}
    {% do adapter.expand_target_column_types(from_relation=staging, to_relation=target_relation) %}

    {% set helpers = ['dbt_change_type', 'DBT_CHANGE_TYPE', 'dbt_unique_key', 'DBT_UNIQUE_KEY'] %}
    {% for key in (strategy.unique_key if config.get('unique_key') | is_list else []) %}
      {% do helpers.extend(['dbt_unique_key_' ~ loop.index, 'DBT_UNIQUE_KEY_' ~ loop.index]) %}
    {% endfor %}
    {% set missing = adapter.get_missing_columns(staging, target_relation) | rejectattr('name', 'in', helpers) | list %}
    {% do create_columns(target_relation, missing) %}
    {% set inserted = [] %}
    {% for column in adapter.get_columns_in_relation(staging) | rejectattr('name', 'in', helpers) %}
      {% do inserted.append(adapter.quote(column.name)) %}
    {% endfor %}
    {# The staged rows have the types of the query that made them, and are cheaper to ask. #}
    {% set rows_sql = 'select * from ' ~ staging %}
    {% set build_sql = snapshot_merge_sql(target=target_relation, source=staging, insert_cols=inserted) %}
  {% endif %}
  {% do check_time_data_types(rows_sql) %}
  {% call statement('main') %}{{ build_sql }}{% endcall %}

  {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(exists, full_refresh_mode=false)) %}
  {% do persist_docs(target_relation, model) %}
  {% if not exists %}{% do create_indexes(target_relation) %}{% endif %}
  {% do run_hooks(post_hooks, inside_transaction=true) %}
  {% do adapter.commit() %}
  {% if exists %}{% do post_snapshot(staging) %}{% endif %}
  {% do run_hooks(post_hooks, inside_transaction=false) %}
  {% do return({'relations': [target_relation]}) %}
{% endmaterialization %}
