{# Lists of columns, compared and written out. #}

{% macro get_quoted_csv(column_names) %}
  {% set quoted = [] %}
  {% for name in column_names %}{% do quoted.append(adapter.quote(name)) %}{% endfor %}
  {% do return(quoted | join(', ')) %}
{% endmacro %}

{# The columns of the first list whose name the second lacks; types are not compared. #}
{% macro diff_columns(source_columns, target_columns) %}
  {% do return(source_columns | rejectattr('name', 'in', target_columns | map(attribute='column') | list) | list) %}
{% endmacro %}

{% macro diff_column_data_types(source_columns, target_columns) %}{% do return(adapter.dispatch('diff_column_data_types', 'dbt')(source_columns, target_columns)) %}{% endmacro %}
{# The common columns whose type differs and which the target cannot simply be widened to. #}
{% macro default__diff_column_data_types(source_columns, target_columns) %}
  {% set changed = [] %}
  {% for source in source_columns %}
    {% set target = target_columns | selectattr('name', 'equalto', source.name) | first %}
    {% if target and source.expanded_data_type != target.expanded_data_type and not source.can_expand_to(other_column=target) %}
      {% do changed.append({'column_name': target.name, 'new_type': source.expanded_data_type}) %}
    {% endif %}
  {% endfor %}
  {% do return(changed) %}
{% endmacro %}

{% macro get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) %}{% do return(adapter.dispatch('get_merge_update_columns', 'dbt')(merge_update_columns, merge_exclude_columns, dest_columns)) %}{% endmacro %}
{% macro default__get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) %}
  {% if merge_update_columns and merge_exclude_columns %}
    {% do exceptions.raise_compiler_error('Model cannot specify merge_update_columns and merge_exclude_columns. Please update model to use only one config') %}
  {% endif %}
  {% if merge_update_columns %}{% do return(merge_update_columns) %}{% endif %}
  {% set excluded = (merge_exclude_columns or []) | map('lower') | list %}
  {% set kept = [] %}
  {% for column in dest_columns if column.column | lower not in excluded %}{% do kept.append(column.quoted) %}{% endfor %}
  {% do return(kept) %}
{% endmacro %}
