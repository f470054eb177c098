{# Seeds go through DuckDB's own CSV reader, unless `fast: false` asks for bound values. #}

{% macro duckdb__get_binding_char() %}{% do return(adapter.get_binding_char()) %}{% endmacro %}

{% macro duckdb__get_batch_size() %}{% do return(10000) %}{% endmacro %}

{% macro duckdb__load_csv_rows(model, agate_table) %}
  {% if not config.get('fast', true) %}
    {% do return(default__load_csv_rows(model, adapter.convert_datetimes_to_strs(agate_table))) %}
  {% endif %}
  {% set sql %}
    COPY {{ this.render() }} FROM '{{ adapter.get_seed_file_path(model) | replace("'", "''") }}' (FORMAT CSV, HEADER TRUE, DELIMITER '{{ config.get('delimiter', ',') }}')
  {% endset %}
  {% do adapter.add_query(sql, abridge_sql_log=true) %}
  {% do return(sql) %}
{% endmacro %}
