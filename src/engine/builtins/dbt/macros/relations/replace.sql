{% macro get_replace_sql(existing_relation, target_relation, sql) %}
  {%- do log('Applying REPLACE to: ' ~ existing_relation) -%}
  {%- do return(adapter.dispatch('get_replace_sql', 'dbt')(existing_relation, target_relation, sql)) -%}
{% endmacro %}
{# The gentlest way that the two relations allow: replace in place, else build beside and swap, keeping the old one
   as a backup while it can be renamed, else drop and create. #}
{% macro default__get_replace_sql(existing_relation, target_relation, sql) %}
  {%- set in_place = existing_relation.type == target_relation.type and existing_relation.can_be_replaced -%}
  {%- if in_place and existing_relation.is_view -%}
    {{ get_replace_view_sql(target_relation, sql) }}
  {%- elif in_place and existing_relation.is_table -%}
    {{ get_replace_table_sql(target_relation, sql) }}
  {%- elif in_place and existing_relation.is_materialized_view -%}
    {{ get_replace_materialized_view_sql(target_relation, sql) }}
  {%- else -%}
    {%- set beside, backup = target_relation.can_be_renamed, existing_relation.can_be_renamed -%}
    {%- if beside %}{{ get_create_intermediate_sql(target_relation, sql) }};{% endif %}
    {{ get_create_backup_sql(existing_relation) if backup else get_drop_sql(existing_relation) }};
    {{ get_rename_intermediate_sql(target_relation) if beside else get_create_sql(target_relation, sql) }}
    {%- if backup %};
    {{ get_drop_backup_sql(existing_relation) }}
    {%- endif -%}
  {%- endif -%}
{% endmacro %}
