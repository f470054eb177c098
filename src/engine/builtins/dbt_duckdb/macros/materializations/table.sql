{# Builds under a temporary name, then swaps. Indexes go before the old table is renamed and come back after. #}
{% materialization table, adapter="duckdb", supported_languages=['sql', 'python'] %}
  {% set language = model['language'] %}
  {% set existing = load_cached_relation(this) %}
  {% set target_relation = this.incorporate(type='table') %}
  {% set fresh = make_intermediate_relation(target_relation) %}
  {% set backup = make_backup_relation(target_relation, 'table' if existing is none else existing.type) %}
  {% do drop_relation_if_exists(load_cached_relation(fresh)) %}
  {% do drop_relation_if_exists(load_cached_relation(backup)) %}

  {% do run_hooks(pre_hooks, inside_transaction=false) %}
  {% do run_hooks(pre_hooks, inside_transaction=true) %}

  {% set partitioned_by, sorted_by = duckdb__get_partitioned_by(target_relation, false), duckdb__get_sorted_by(target_relation, false) %}
  {% call statement('main', language=language) -%}
    {{- create_table_as(False, fresh, compiled_code, language, partitioned_by=partitioned_by, sorted_by=sorted_by) }}
  {%- endcall %}
  {% if existing is not none %}
    {% if not existing.is_view %}{% do drop_indexes_on_relation(existing) %}{% endif %}
    {% do adapter.rename_relation(existing, backup) %}
  {% endif %}
  {% do adapter.rename_relation(fresh, target_relation) %}
  {% do create_indexes(target_relation) %}

  {% do run_hooks(post_hooks, inside_transaction=true) %}
  {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing, full_refresh_mode=true)) %}
  {# Older DuckLake versions lose the layout in a rename and refuse comments in the same transaction. #}
  {% set ducklake_late = adapter.use_ducklake_table_workarounds(target_relation) %}
  {% if not ducklake_late %}{% do persist_docs(target_relation, model) %}{% endif %}
  {# Dropped with the swap: a commit of its own would wait for the disk once more. #}
  {% if existing is not none and not ducklake_late %}{% do drop_relation_if_exists(backup) %}{% endif %}
  {% do adapter.commit() %}
  {% if ducklake_late %}
    {% if partitioned_by %}
      {% call statement('reassert_partitioned_by', auto_begin=false) %}{{ duckdb__alter_table_set_partitioned_by(target_relation, partitioned_by) }}{% endcall %}
    {% endif %}
    {% if sorted_by %}
      {% call statement('reassert_sorted_by', auto_begin=false) %}{{ duckdb__alter_table_set_sorted_by(target_relation, sorted_by) }}{% endcall %}
    {% endif %}
    {% do persist_docs(target_relation, model) %}
  {% endif %}
  {% if existing is not none and ducklake_late %}{% do drop_relation_if_exists(backup) %}{% endif %}
  {% do run_hooks(post_hooks, inside_transaction=false) %}
  {% do return({'relations': [target_relation]}) %}
{% endmaterialization %}
