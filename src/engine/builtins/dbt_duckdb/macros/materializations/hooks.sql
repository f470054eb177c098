{# DuckDB opens no transaction by itself, so nothing has to be committed before hooks that run outside one. #}
{% macro run_hooks(hooks, inside_transaction=True) %}
  {%- for hook in hooks | selectattr('transaction', 'equalto', inside_transaction) -%}
    {%- set sql = render(hook.get('sql')) | trim -%}
    {%- if sql %}
      {%- call statement(auto_begin=inside_transaction) %}
        {{ sql }}
      {% endcall -%}
    {% endif -%}
  {%- endfor -%}
{% endmacro %}
