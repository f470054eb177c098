{# Adds to the table of earlier runs. Without one, or on a full refresh, it is built like a table. For adapters that
   have no incremental materialization of their own. #}
{% materialization incremental, default %}
  {% set existing = load_cached_relation(this) %}
  {% set target_relation = this.incorporate(type='table') %}
  {% set added = make_temp_relation(target_relation) %}
  {% set fresh = make_intermediate_relation(target_relation) %}
  {% set backup = make_backup_relation(target_relation, 'table' if existing is none else existing.type) %}
  {% set rebuild = should_full_refresh() or existing.is_view %}
  {% set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') %}
  {% do drop_relation_if_exists(load_cached_relation(fresh)) %}
  {% do drop_relation_if_exists(load_cached_relation(backup)) %}

  {% do run_hooks(pre_hooks, inside_transaction=false) %}
  {% do run_hooks(pre_hooks, inside_transaction=true) %}

  {% set strategy = adapter.get_incremental_strategy_macro(context, config.get('incremental_strategy') or 'default') %}
  {% if existing is none %}
    {% set build_sql, indexed = get_create_table_as_sql(False, target_relation, sql), target_relation %}
  {% elif rebuild %}
    {% set build_sql, indexed = get_create_table_as_sql(False, fresh, sql), fresh %}
  {% else %}
    {% set indexed = added %}
    {% do run_query(get_create_table_as_sql(True, added, sql)) %}
    {% set contract = config.get('contract') %}
    {% if not contract or not contract.enforced %}
      {% do adapter.expand_target_column_types(from_relation=added, to_relation=target_relation) %}
    {% endif %}
    {% set columns = process_schema_changes(on_schema_change, added, existing) or adapter.get_columns_in_relation(existing) %}
    {% set build_sql = strategy({
      'target_relation': target_relation,
      'temp_relation': added,
      'unique_key': config.get('unique_key'),
      'dest_columns': columns,
      'incremental_predicates': config.get('predicates', none) or config.get('incremental_predicates', none)
    }) %}
  {% endif %}
  {% call statement('main') %}{{ build_sql }}{% endcall %}

  {% if existing is none or existing.is_view or should_full_refresh() %}{% do create_indexes(indexed) %}{% endif %}
  {% set swapped = existing is not none and rebuild %}
  {% if swapped %}
    {% do adapter.rename_relation(target_relation, backup) %}
    {% do adapter.rename_relation(fresh, target_relation) %}
  {% endif %}
  {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing, rebuild)) %}
  {% do persist_docs(target_relation, model) %}
  {% do run_hooks(post_hooks, inside_transaction=true) %}
  {% do adapter.commit() %}
  {% if swapped %}{% do adapter.drop_relation(backup) %}{% endif %}
  {% do run_hooks(post_hooks, inside_transaction=false) %}
  {% do return({'relations': [target_relation]}) %}
{% endmaterialization %}
