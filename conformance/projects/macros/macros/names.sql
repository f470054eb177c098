{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
  {%- if custom_alias_name %}{{ custom_alias_name }}{% elif node.config.get('prefix') %}{{ node.config.prefix }}_{{ node.name }}{% else %}{{ node.name }}{% endif -%}
{%- endmacro %}
{% macro generate_database_name(custom_database_name=none, node=none) -%}{{ return(custom_database_name or target.database) }}{%- endmacro %}
{% macro log_run(what, at_start) %}insert into run_log values ('{{ what }}', {{ at_start | lower }}){% endmacro %}
{% macro note(what) %}{% if execute %}insert into hook_notes values ('{{ this.name }}', '{{ what }}'){% endif %}{% endmacro %}
