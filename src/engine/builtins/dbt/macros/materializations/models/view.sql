{# Builds under a temporary name, then swaps. What stood there before may be a table: the backup keeps its type. #}
{% materialization view, default %}
  {% set existing = load_cached_relation(this) %}
  {% set target_relation = this.incorporate(type='view') %}
  {% set fresh = make_intermediate_relation(target_relation) %}
  {% set backup = make_backup_relation(target_relation, 'view' if existing is none else existing.type) %}

  {% do run_hooks(pre_hooks, inside_transaction=false) %}
  {% do drop_relation_if_exists(load_cached_relation(fresh)) %}
  {% do drop_relation_if_exists(load_cached_relation(backup)) %}
  {% do run_hooks(pre_hooks, inside_transaction=true) %}

  {% call statement('main') %}{{ get_create_view_as_sql(fresh, sql) }}{% endcall %}
  {# A hook may have dropped it meanwhile. #}
  {% set still_there = load_cached_relation(existing) if existing is not none else none %}
  {% if still_there is not none %}{% do adapter.rename_relation(still_there, backup) %}{% endif %}
  {% do adapter.rename_relation(fresh, target_relation) %}

  {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(still_there, full_refresh_mode=true)) %}
  {% do persist_docs(target_relation, model) %}
  {% do run_hooks(post_hooks, inside_transaction=true) %}
  {# Dropped with the swap: a commit of its own would wait for the disk once more. #}
  {% if existing is not none %}{% do drop_relation_if_exists(backup) %}{% endif %}
  {% do adapter.commit() %}
  {% do run_hooks(post_hooks, inside_transaction=false) %}
  {% do return({'relations': [target_relation]}) %}
{% endmaterialization %}
