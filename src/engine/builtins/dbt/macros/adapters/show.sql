{# The query behind `show` and behind limited tests. #}

{% macro get_show_sql(compiled_code, sql_header, limit) -%}
  {{ sql_header if sql_header is not none }}
  {{ get_limit_subquery_sql(compiled_code, limit) }}
{%- endmacro %}

{% macro get_limit_subquery_sql(sql, limit) %}{% do return(adapter.dispatch('get_limit_sql', 'dbt')(sql, limit)) %}{% endmacro %}

{# The line break keeps the limit out of a comment that ends the query. #}
{% macro default__get_limit_sql(sql, limit) %}
  {{ sql }}
  {{ 'limit ' ~ limit if limit is not none }}
{% endmacro %}
