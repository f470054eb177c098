{% macro make_table(name='made', rows=2) %}
  {% do run_query('create or replace table ' ~ name ~ ' as select range as i from range(' ~ rows ~ ')') %}
  {% do adapter.commit() %}
  {% do log('made ' ~ name, info=true) %}
{% endmacro %}
{# What a macro sees when it runs for itself, told by an error because errors are compared. #}
{% macro tell_scope() %}
  {% do exceptions.raise_compiler_error((this is defined) ~ (compiled_code is defined) ~ (defer_relation is defined) ~ pre_hooks ~ model.unique_id ~ config.get('x')) %}
{% endmacro %}
{% macro counts() %}
  {% call statement('c', fetch_result=True) %}select count(*) as n, sum(amount)::double as total, max(day) as last from {{ ref('orders') }}{% endcall %}
  {% set r = load_result('c') %}
  {% if execute %}{% do return(r['data'][0] ~ ' ' ~ r.table.columns | map(attribute='name') | join(',') ~ ' ' ~ r['response']) %}{% endif %}
{% endmacro %}
