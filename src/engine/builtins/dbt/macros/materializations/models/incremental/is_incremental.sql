{# True when a run adds to a table that is there already. Parsing knows no relations, so there it is false. #}
{% macro is_incremental() %}
  {% if not execute or model.config.materialized != 'incremental' %}{% do return(false) %}{% endif %}
  {% set existing = adapter.get_relation(this.database, this.schema, this.table) %}
  {% do return(existing is not none and existing.type == 'table' and not should_full_refresh()) %}
{% endmacro %}
