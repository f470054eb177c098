{# A function in the database. Its kind and language decide which macro writes it; that name is only known here, so
   dispatch is called under another name to keep it away from the parser, which wants to see the names. #}
{% materialization function, default, supported_languages=['sql', 'python', 'javascript'] %}
  {% set existing = load_cached_relation(this) %}
  {% set target_relation = this.incorporate(type=this.Function) %}
  {% do run_hooks(pre_hooks) %}
  {% set find_macro = adapter.dispatch %}
  {% set macro_name = this.get_function_macro_name(this.get_function_config(model)) %}
  {% do function_execute_build_sql(find_macro(macro_name, 'dbt')(target_relation), existing, target_relation) %}
  {% do run_hooks(post_hooks) %}
  {% do return({'relations': [target_relation]}) %}
{% endmaterialization %}
