{% macro create_csv_table(model, agate_table) %}{% do return(adapter.dispatch('create_csv_table', 'dbt')(model, agate_table)) %}{% endmacro %}
{# The column types are those of the config, else inferred from the file. #}
{% macro default__create_csv_table(model, agate_table) %}
  {% set given, quote = model['config'].get('column_types', {}), model['config'].get('quote_columns', none) %}
  {% set columns = [] %}
  {% for name in agate_table.column_names %}
    {% set type = given.get(name, adapter.convert_type(agate_table, loop.index0)) %}
    {% do columns.append(adapter.quote_seed_column(name | string, quote) ~ ' ' ~ type) %}
  {% endfor %}
  {% set sql = 'create table ' ~ this.render() ~ ' (' ~ columns | join(',') ~ ')' %}
  {% call statement('_') %}{{ sql }}{% endcall %}
  {% do return(sql) %}
{% endmacro %}

{% macro reset_csv_table(model, full_refresh, old_relation, agate_table) %}{% do return(adapter.dispatch('reset_csv_table', 'dbt')(model, full_refresh, old_relation, agate_table)) %}{% endmacro %}
{% macro default__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
  {% if full_refresh %}
    {% do adapter.drop_relation(old_relation) %}
    {% do return(create_csv_table(model, agate_table)) %}
  {% endif %}
  {% do adapter.truncate_relation(old_relation) %}
  {% do return('truncate table ' ~ old_relation.render()) %}
{% endmacro %}

{% macro get_csv_sql(create_or_truncate_sql, insert_sql) %}{% do return(adapter.dispatch('get_csv_sql', 'dbt')(create_or_truncate_sql, insert_sql)) %}{% endmacro %}
{% macro default__get_csv_sql(create_or_truncate_sql, insert_sql) %}
    {{ create_or_truncate_sql }};
    -- dbt seed --
    {{ insert_sql }}
{% endmacro %}

{% macro get_binding_char() %}{% do return(adapter.dispatch('get_binding_char', 'dbt')()) %}{% endmacro %}
{% macro default__get_binding_char() %}{% do return('%s') %}{% endmacro %}

{% macro get_batch_size() %}{% do return(adapter.dispatch('get_batch_size', 'dbt')()) %}{% endmacro %}
{% macro default__get_batch_size() %}{% do return(10000) %}{% endmacro %}

{% macro get_seed_column_quoted_csv(model, column_names) %}
  {% set quote, names = model['config'].get('quote_columns', none), [] %}
  {% for name in column_names %}{% do names.append(adapter.quote_seed_column(name, quote)) %}{% endfor %}
  {% do return(names | join(', ')) %}
{% endmacro %}

{% macro load_csv_rows(model, agate_table) %}{% do return(adapter.dispatch('load_csv_rows', 'dbt')(model, agate_table)) %}{% endmacro %}
{# Inserts with bound values, many rows a statement; returns the first statement's text. #}
{% macro default__load_csv_rows(model, agate_table) %}
  {% set size = get_batch_size() %}
  {% set names = agate_table.column_names %}
  {% set row_sql = '(' ~ ([get_binding_char() | trim] * names | length) | join(',') ~ ')' %}
  {% set insert = 'insert into ' ~ this.render() ~ ' (' ~ get_seed_column_quoted_csv(model, names) ~ ') values ' %}
  {% set first = [] %}
  {% for rows in agate_table.rows | batch(size) %}
    {% set values = [] %}
    {% for row in rows %}{% do values.extend(row) %}{% endfor %}
    {% set sql = insert ~ ([row_sql] * rows | length) | join(',') %}
    {% do adapter.add_query(sql, bindings=values, abridge_sql_log=true) %}
    {% if loop.first %}{% do first.append(sql) %}{% endif %}
  {% endfor %}
  {% do return(first[0]) %}
{% endmacro %}
