{% macro make_table(name='made', rows=2) %}
  {% do run_query('create or replace table ' ~ name ~ ' as select range as i from range(' ~ rows ~ ')') %}
  {% do adapter.commit() %}
  {% do log('made ' ~ name, info=true) %}
{% endmacro %}
{% macro counts() %}
  {% call statement('c', fetch_result=True) %}select count(*) as n, sum(amount)::double as total, max(day) as last from {{ ref('orders') }}{% endcall %}
  {% set r = load_result('c') %}
  {% if execute %}{% do return(r['data'][0] ~ ' ' ~ r.table.columns | map(attribute='name') | join(',') ~ ' ' ~ r['response']) %}{% endif %}
{% endmacro %}
