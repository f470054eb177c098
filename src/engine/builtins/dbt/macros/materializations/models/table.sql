{# Builds under a temporary name, then swaps, so that readers see the old table or the new one. For adapters that
   have no table materialization of their own. #}
{% materialization table, default %}
  {% set existing = load_cached_relation(this) %}
  {% set target_relation = this.incorporate(type='table') %}
  {% set fresh = make_intermediate_relation(target_relation) %}
  {% set backup = make_backup_relation(target_relation, 'table' if existing is none else existing.type) %}
  {% do drop_relation_if_exists(load_cached_relation(fresh)) %}
  {% do drop_relation_if_exists(load_cached_relation(backup)) %}

  {% do run_hooks(pre_hooks, inside_transaction=false) %}
  {% do run_hooks(pre_hooks, inside_transaction=true) %}

  {% call statement('main') %}{{ get_create_table_as_sql(False, fresh, sql) }}{% endcall %}
  {% do create_indexes(fresh) %}
  {# A hook may have dropped it meanwhile. #}
  {% set still_there = load_cached_relation(existing) if existing is not none else none %}
  {% if still_there is not none %}{% do adapter.rename_relation(still_there, backup) %}{% endif %}
  {% do adapter.rename_relation(fresh, target_relation) %}

  {% do run_hooks(post_hooks, inside_transaction=true) %}
  {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(still_there, full_refresh_mode=true)) %}
  {% do persist_docs(target_relation, model) %}
  {% do adapter.commit() %}
  {% if existing is not none %}{% do drop_relation_if_exists(backup) %}{% endif %}
  {% do run_hooks(post_hooks, inside_transaction=false) %}
  {% do return({'relations': [target_relation]}) %}
{% endmaterialization %}
