{% macro comment_of(node) -%}
  {%- if node is not none and node.name == 'no_comment' -%}{{ no_such_macro(node) }}{%- endif -%}
  {%- set found = {'a': env_var('QUERY_COMMENT_NOT_SET', False)} -%}
  {%- if env_var('QUERY_COMMENT_NOT_SET', False) -%}{%- do found.update(b=env_var('QUERY_COMMENT_NOT_SET')) -%}{%- endif -%}
  {{ return(tojson(found)) }}
{%- endmacro %}
