{# Compares a model's result on given rows with the expected rows. The types of the result come from an empty
   temporary table, since nothing else tells them before the query runs. #}
{% materialization unit, default %}
  {% set header = config.get('sql_header') if flags.REQUIRE_SQL_HEADER_IN_TEST_CONFIGS else none %}
  {% set expected_rows, expected_sql = config.get('expected_rows'), config.get('expected_sql') %}
  {% set tested = expected_rows[0].keys() if expected_rows else get_columns_in_query(sql) %}

  {% set probe = make_temp_relation(this.incorporate(type='table')) %}
  {% do run_query(get_create_table_as_sql(true, probe, get_empty_subquery_sql(sql))) %}
  {% set types, quoted = {}, {} %}
  {% for column in adapter.get_columns_in_relation(probe) %}
    {% do types.update({column.name | lower: column.data_type}) %}
    {% do quoted.update({column.name | lower: column.quoted}) %}
  {% endfor %}
  {% set tested_quoted = [] %}
  {% for name in tested %}{% do tested_quoted.append(quoted[name | lower]) %}{% endfor %}

  {% set compare = get_unit_test_sql(sql, expected_sql or get_expected_sql(expected_rows, types, quoted), tested_quoted) %}
  {% call statement('main', fetch_result=true) -%}
    {{ header if header }}
    {{ compare }}
  {% endcall %}

  {% do adapter.drop_relation(probe) %}
  {% do return({'relations': []}) %}
{% endmaterialization %}
