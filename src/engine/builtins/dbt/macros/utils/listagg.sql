{% macro listagg(measure, delimiter_text="','", order_by_clause=none, limit_num=none) %}{% do return(adapter.dispatch('listagg', 'dbt')(measure, delimiter_text, order_by_clause, limit_num)) %}{% endmacro %}
{% macro default__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
  {%- set order = ' within group (' ~ order_by_clause ~ ')' if order_by_clause else '' -%}
  {%- if limit_num -%}
    array_to_string( array_slice( array_agg( {{ measure }} ){{ order }} ,0 ,{{ limit_num }} ), {{ delimiter_text }} )
  {%- else -%}
    listagg( {{ measure }}, {{ delimiter_text }} ){{ order }}
  {%- endif -%}
{%- endmacro %}
