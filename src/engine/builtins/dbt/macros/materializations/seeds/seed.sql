{# A file's rows as a table: emptied and filled again, or made anew on a full refresh. #}
{% materialization seed, default %}
  {% set full_refresh = should_full_refresh() %}
  {% set existing = adapter.get_relation(database=database, schema=schema, identifier=model['alias']) %}
  {% set is_table = existing is not none and existing.is_table %}
  {% set rows = load_agate_table() %}
  {% do store_result('agate_table', response='OK', agate_table=rows) %}

  {% do run_hooks(pre_hooks, inside_transaction=false) %}
  {% do run_hooks(pre_hooks, inside_transaction=true) %}

  {% if existing is not none and existing.is_view %}
    {% do exceptions.raise_compiler_error("Cannot seed to '" ~ existing.render() ~ "', it is a view") %}
  {% elif is_table %}
    {% set table_sql = reset_csv_table(model, full_refresh, existing, rows) %}
  {% else %}
    {% set table_sql = create_csv_table(model, rows) %}
  {% endif %}
  {% set count = rows.rows | length %}
  {% set load_sql = load_csv_rows(model, rows) if count > 0 else '' %}
  {% set code = 'CREATE' if full_refresh else 'INSERT' %}
  {% call noop_statement('main', code ~ ' ' ~ count, code, count) %}{{ get_csv_sql(table_sql, load_sql) }};{% endcall %}

  {% set target_relation = this.incorporate(type='table') %}
  {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing, full_refresh)) %}
  {% do persist_docs(target_relation, model) %}
  {% if full_refresh or not is_table %}{% do create_indexes(target_relation) %}{% endif %}

  {% do run_hooks(post_hooks, inside_transaction=true) %}
  {% do adapter.commit() %}
  {% do run_hooks(post_hooks, inside_transaction=false) %}
  {% do return({'relations': [target_relation]}) %}
{% endmaterialization %}
