{# The first run creates the table; a full refresh, or a view in its place, builds beside it and swaps; every other
   run collects its rows in a temporary table, outside the transaction, and lets the strategy bring them in. #}
{% materialization incremental, adapter="duckdb", supported_languages=['sql', 'python'] %}
  {% set language = model['language'] %}
  {% set existing = load_cached_relation(this) %}
  {% set target_relation = this.incorporate(type='table') %}
  {% set fresh = make_intermediate_relation(target_relation) %}
  {% set backup = make_backup_relation(target_relation, 'table' if existing is none else existing.type) %}
  {% set rebuild = should_full_refresh() or existing.is_view %}
  {% set swapped = existing is not none and rebuild %}
  {% set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') %}
  {% set partitioned_by, sorted_by = none, none %}
  {% if existing is none or rebuild %}
    {% set partitioned_by, sorted_by = duckdb__get_partitioned_by(target_relation, false), duckdb__get_sorted_by(target_relation, false) %}
  {% endif %}
  {% do drop_relation_if_exists(load_cached_relation(fresh)) %}
  {% do drop_relation_if_exists(load_cached_relation(backup)) %}
  {% set place = duckdb__dispatch_temporary_relation(target_relation, adapter.batch_id_for_model(model)) %}
  {% set to_drop = [] if place.temporary else [place.relation] %}

  {% do run_hooks(pre_hooks, inside_transaction=false) %}
  {% do run_hooks(pre_hooks, inside_transaction=true) %}

  {% if existing is none or rebuild %}
    {% set build_sql = create_table_as(False, fresh if swapped else target_relation, compiled_code, language, partitioned_by=partitioned_by, sorted_by=sorted_by) %}
  {% else %}
    {% set collect = create_table_as(place.temporary, place.relation, compiled_code, language, partitioned_by=none, sorted_by=none) %}
    {% if language == 'python' %}
      {% call statement('pre', language=language) %}{{- collect }}{% endcall %}
    {% else %}
      {% do run_query(collect) %}
    {% endif %}
    {% do adapter.expand_target_column_types(from_relation=place.relation, to_relation=target_relation) %}
    {% set columns = process_schema_changes(on_schema_change, place.relation, existing) or adapter.get_columns_in_relation(existing) %}
    {% set strategy = adapter.get_incremental_strategy_macro(context, config.get('incremental_strategy') or 'default') %}
    {% set build_sql = strategy({
      'target_relation': target_relation,
      'temp_relation': place.relation,
      'unique_key': config.get('unique_key'),
      'dest_columns': columns,
      'incremental_predicates': config.get('predicates', none) or config.get('incremental_predicates', none)
    }) %}
    {% set language = 'sql' %}
  {% endif %}
  {# A DuckLake table cannot get its layout in the transaction that creates it. #}
  {% set on_its_own = (partitioned_by or sorted_by) and adapter.is_ducklake(target_relation) %}
  {% call statement('main', language=language, auto_begin=not on_its_own) %}{{- build_sql }}{% endcall %}

  {% if swapped %}
    {% if not existing.is_view %}{% do drop_indexes_on_relation(target_relation) %}{% endif %}
    {% do adapter.rename_relation(target_relation, backup) %}
    {% do adapter.rename_relation(fresh, target_relation) %}
    {% do to_drop.append(backup) %}
  {% endif %}
  {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing, rebuild)) %}
  {% if existing is none or rebuild %}{% do create_indexes(target_relation) %}{% endif %}
  {% do persist_docs(target_relation, model) %}
  {% do run_hooks(post_hooks, inside_transaction=true) %}
  {% do adapter.commit() %}
  {% for relation in to_drop %}{% do adapter.drop_relation(relation) %}{% endfor %}
  {% do run_hooks(post_hooks, inside_transaction=false) %}
  {% do return({'relations': [target_relation]}) %}
{% endmaterialization %}
