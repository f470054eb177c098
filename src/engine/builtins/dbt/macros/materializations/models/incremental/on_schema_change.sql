{# What happens when a model's query no longer has the columns of its table. #}

{% macro incremental_validate_on_schema_change(on_schema_change, default='ignore') %}
  {% if on_schema_change in ['sync_all_columns', 'append_new_columns', 'fail', 'ignore'] %}{% do return(on_schema_change) %}{% endif %}
  {% do log('Invalid value for on_schema_change (' ~ on_schema_change ~ ') specified. Setting default value of ' ~ default ~ '.') %}
  {% do return(default) %}
{% endmacro %}

{% macro check_for_schema_changes(source_relation, target_relation) %}{% do return(adapter.dispatch('check_for_schema_changes', 'dbt')(source_relation, target_relation)) %}{% endmacro %}
{% macro default__check_for_schema_changes(source_relation, target_relation) %}
  {% set source = adapter.get_columns_in_relation(source_relation) %}
  {% set target = adapter.get_columns_in_relation(target_relation) %}
  {% set added, removed = diff_columns(source, target), diff_columns(target, source) %}
  {% set retyped = diff_column_data_types(source, target) %}
  {% set changes = {
    'schema_changed': added != [] or removed != [] or retyped != [],
    'source_not_in_target': added,
    'target_not_in_source': removed,
    'source_columns': source,
    'target_columns': target,
    'new_target_types': retyped
  } %}
  {% do log('In ' ~ target_relation ~ ':\n    Schema changed: ' ~ changes['schema_changed']
            ~ '\n    Source columns not in target: ' ~ added ~ '\n    Target columns not in source: ' ~ removed
            ~ '\n    New column types: ' ~ retyped) %}
  {% do return(changes) %}
{% endmacro %}

{% macro sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}{% do return(adapter.dispatch('sync_column_schemas', 'dbt')(on_schema_change, target_relation, schema_changes_dict)) %}{% endmacro %}
{% macro default__sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}
  {% set added, removed = schema_changes_dict['source_not_in_target'], schema_changes_dict['target_not_in_source'] %}
  {% set retyped = schema_changes_dict['new_target_types'] %}
  {% if on_schema_change == 'append_new_columns' %}
    {% if added %}{% do alter_relation_add_remove_columns(target_relation, added, none) %}{% endif %}
  {% elif on_schema_change == 'sync_all_columns' %}
    {% if added or removed %}{% do alter_relation_add_remove_columns(target_relation, added, removed) %}{% endif %}
    {% for change in retyped %}{% do alter_column_type(target_relation, change['column_name'], change['new_type']) %}{% endfor %}
  {% endif %}
  {% do log('In ' ~ target_relation ~ ':\n    Schema change approach: ' ~ on_schema_change ~ '\n    Columns added: ' ~ added
            ~ '\n    Columns removed: ' ~ removed ~ '\n    Data types changed: ' ~ retyped) %}
{% endmacro %}

{% macro process_schema_changes(on_schema_change, source_relation, target_relation) %}{% do return(adapter.dispatch('process_schema_changes', 'dbt')(on_schema_change, source_relation, target_relation)) %}{% endmacro %}
{# The columns to insert: those of the query, or an empty answer when changes are ignored. #}
{% macro default__process_schema_changes(on_schema_change, source_relation, target_relation) %}
  {% if on_schema_change == 'ignore' %}{% do return({}) %}{% endif %}
  {% set changes = check_for_schema_changes(source_relation, target_relation) %}
  {% if changes['schema_changed'] %}
    {% if on_schema_change == 'fail' %}
      {% set complaint %}
              The source and target schemas on this incremental model are out of sync!
              They can be reconciled in several ways:
                - set the `on_schema_change` config to either append_new_columns or sync_all_columns, depending on your situation.
                - Re-run the incremental model with `full_refresh: True` to update the target schema.
                - update the schema manually and re-run the process.

              Additional troubleshooting context:
                 Source columns not in target: {{ changes['source_not_in_target'] }}
                 Target columns not in source: {{ changes['target_not_in_source'] }}
                 New column types: {{ changes['new_target_types'] }}
      {% endset %}
      {% do exceptions.raise_compiler_error(complaint) %}
    {% endif %}
    {% do sync_column_schemas(on_schema_change, target_relation, changes) %}
  {% endif %}
  {% do return(changes['source_columns']) %}
{% endmacro %}
