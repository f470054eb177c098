{% macro current_timestamp() %}{% do return(adapter.dispatch('current_timestamp', 'dbt')()) %}{% endmacro %}
{% macro default__current_timestamp() %}
  {% do exceptions.raise_not_implemented('current_timestamp macro not implemented for adapter ' ~ adapter.type()) %}
{% endmacro %}

{% macro snapshot_get_time() %}{% do return(adapter.dispatch('snapshot_get_time', 'dbt')()) %}{% endmacro %}
{% macro default__snapshot_get_time() %}{% do return(current_timestamp()) %}{% endmacro %}

{# The type of the clock that snapshots use, asked of the database. #}
{% macro get_snapshot_get_time_data_type() %}
  {% set clock = adapter.dispatch('snapshot_get_time', 'dbt')() %}
  {% do return(get_column_schema_from_query('select ' ~ clock ~ ' as dbt_snapshot_time')[0].dtype or none) %}
{% endmacro %}

{# Kept for packages of before dbt 1.2, which had a clock of their own. #}
{% macro current_timestamp_backcompat() %}{% do return(adapter.dispatch('current_timestamp_backcompat', 'dbt')()) %}{% endmacro %}
{% macro default__current_timestamp_backcompat() %} current_timestamp::timestamp {% endmacro %}

{% macro current_timestamp_in_utc_backcompat() %}{% do return(adapter.dispatch('current_timestamp_in_utc_backcompat', 'dbt')()) %}{% endmacro %}
{% macro default__current_timestamp_in_utc_backcompat() %}
  {% do return(adapter.dispatch('current_timestamp_backcompat', 'dbt')()) %}
{% endmacro %}
