{# DuckDB has no materialized views: the first macro that would write SQL for one says so. The frame is complete, so
   that a project which supplies that SQL can use it. #}
{% materialization materialized_view, default %}
  {% set existing = load_cached_relation(this) %}
  {% set target_relation = this.incorporate(type=this.MaterializedView) %}
  {% set fresh = make_intermediate_relation(target_relation) %}
  {% set backup = make_backup_relation(target_relation, target_relation.MaterializedView if existing is none else existing.type) %}

  {% do materialized_view_setup(backup, fresh, pre_hooks) %}
  {% set build_sql = materialized_view_get_build_sql(existing, target_relation, backup, fresh) %}
  {% if build_sql == '' %}
    {% do materialized_view_execute_no_op(target_relation) %}
  {% else %}
    {% do materialized_view_execute_build_sql(build_sql, existing, target_relation, post_hooks) %}
  {% endif %}
  {% do materialized_view_teardown(backup, fresh, post_hooks) %}
  {% do return({'relations': [target_relation]}) %}
{% endmaterialization %}

{# What an interrupted run left behind goes first. #}
{% macro materialized_view_setup(backup_relation, intermediate_relation, pre_hooks) %}
  {% for leftover in [load_cached_relation(backup_relation), load_cached_relation(intermediate_relation)] %}
    {% do drop_relation_if_exists(leftover) %}
  {% endfor %}
  {% do run_hooks(pre_hooks, inside_transaction=False) %}
{% endmacro %}

{% macro materialized_view_teardown(backup_relation, intermediate_relation, post_hooks) %}
  {% do drop_relation_if_exists(backup_relation) %}
  {% do drop_relation_if_exists(intermediate_relation) %}
  {% do run_hooks(post_hooks, inside_transaction=False) %}
{% endmacro %}

{# Create, replace, refresh or alter; an empty text means leave it as it is. #}
{% macro materialized_view_get_build_sql(existing_relation, target_relation, backup_relation, intermediate_relation) %}
  {% if existing_relation is none %}
    {% do return(get_create_materialized_view_as_sql(target_relation, sql)) %}
  {% elif should_full_refresh() or not existing_relation.is_materialized_view %}
    {% do return(get_replace_sql(existing_relation, target_relation, sql)) %}
  {% endif %}

  {% set policy = config.get('on_configuration_change') %}
  {% set changes = get_materialized_view_configuration_changes(existing_relation, config) %}
  {% if changes is none %}
    {% do return(refresh_materialized_view(target_relation)) %}
  {% elif policy == 'apply' %}
    {% do return(get_alter_materialized_view_as_sql(target_relation, changes, sql, existing_relation, backup_relation, intermediate_relation)) %}
  {% elif policy not in ['continue', 'fail'] %}
    {% do exceptions.raise_compiler_error('Unexpected configuration scenario') %}
  {% endif %}
  {% set notice = 'Configuration changes were identified and `on_configuration_change` was set to `' ~ policy ~ '` for `' ~ target_relation.render() ~ '`' %}
  {% if policy == 'fail' %}{% do exceptions.raise_fail_fast_error(notice) %}{% endif %}
  {% do exceptions.warn(notice) %}
  {% do return('') %}
{% endmacro %}

{% macro materialized_view_execute_no_op(target_relation) %}
  {% do store_raw_result(name='main', message='skip ' ~ target_relation, code='skip', rows_affected='-1') %}
{% endmacro %}

{% macro materialized_view_execute_build_sql(build_sql, existing_relation, target_relation, post_hooks) %}
  {% do run_hooks(pre_hooks, inside_transaction=True) %}
  {% call statement(name='main') %}{{ build_sql }}{% endcall %}
  {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing_relation, full_refresh_mode=True)) %}
  {% do persist_docs(target_relation, model) %}
  {% do run_hooks(post_hooks, inside_transaction=True) %}
  {% do adapter.commit() %}
{% endmacro %}
