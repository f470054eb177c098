{# Runs a test's query inside a count; with store_failures the failing rows are kept first and counted from there. #}
{% materialization test, default %}
  {% set header = config.get('sql_header') if flags.REQUIRE_SQL_HEADER_IN_TEST_CONFIGS else none %}
  {% set failing_rows %}
    {{ get_limit_subquery_sql(sql, config.get('limit')) }}
  {% endset %}
  {% set kept = [] %}

  {% if should_store_failures() %}
    {% set kind = config.get('store_failures_as') %}
    {% set kind = 'table' if kind is none else kind %}
    {% if kind not in ['table', 'view'] %}
      {% do exceptions.raise_compiler_error("'" ~ kind ~ "' is not a valid value for `store_failures_as`. Accepted values are: ['ephemeral', 'table', 'view']") %}
    {% endif %}
    {% set target_relation = api.Relation.create(database=database, schema=schema, identifier=model['alias'], type=kind) %}
    {% set old_relation = adapter.get_relation(database=database, schema=schema, identifier=model['alias']) %}
    {% if old_relation %}{% do adapter.drop_relation(old_relation) %}{% endif %}
    {% call statement(auto_begin=true) %}
      {{ header if header }}
      {{ get_create_sql(target_relation, failing_rows) }}
    {% endcall %}
    {% do adapter.commit() %}
    {% do kept.append(target_relation) %}
    {% set failing_rows = 'select * from ' ~ target_relation %}
  {% endif %}

  {% call statement('main', fetch_result=true) %}
    {{ header if header }}
    {{ get_test_sql(failing_rows, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), limit=none) }}
  {%- endcall %}

  {% do return({'relations': kept}) %}
{% endmaterialization %}
