{# A file with a view on it: the rows become a table, the table becomes the file, the view reads the file. #}
{% materialization external, adapter="duckdb", supported_languages=['sql', 'python'] %}
  {% set language = model['language'] %}
  {% set location = render(config.get('location', default=external_location(this, config))) %}
  {% set options = render_write_options(config) %}
  {% set formats = ['csv', 'parquet', 'json'] %}
  {% set format = config.get('format') %}
  {% if not format %}
    {% set ending = location.split('.')[-1].lower() %}
    {% set format = ending if '.' in location and ending in formats else 'parquet' %}
  {% elif format not in formats %}
    {% do exceptions.raise_compiler_error('Invalid format: ' ~ format ~ '. Allowed formats are: ' ~ formats | join(', ')) %}
  {% endif %}
  {% set write_options = adapter.external_write_options(location, options) %}
  {% set read_location = adapter.external_read_location(location, options) %}
  {% set read_options = config.get(format ~ '_read_options', {'union_by_name': False} if format == 'parquet' else {'auto_detect': True}) %}

  {% set target_relation = this.incorporate(type='view') %}
  {% set existing = load_cached_relation(this) %}
  {% set rows = make_intermediate_relation(this.incorporate(type='table'), suffix='__dbt_tmp') %}
  {% set fresh = make_intermediate_relation(target_relation, suffix='__dbt_int') %}
  {% set backup = make_backup_relation(target_relation, 'table' if existing is none else existing.type) %}
  {% do drop_relation_if_exists(load_cached_relation(fresh)) %}
  {% do drop_relation_if_exists(load_cached_relation(rows)) %}
  {% do drop_relation_if_exists(load_cached_relation(backup)) %}

  {% do run_hooks(pre_hooks, inside_transaction=false) %}
  {% do run_hooks(pre_hooks, inside_transaction=true) %}

  {% call statement('create_table', language=language) -%}
    {{- create_table_as(False, rows, compiled_code, language) }}
  {%- endcall %}
  {# A file without rows would have no column types, so an empty result is written as one row of nulls, which the
     view leaves out again. #}
  {% set empty = run_query('select count(*) as row_count from ' ~ rows)[0][0] == 0 %}
  {% set columns = get_columns_in_relation(rows) if empty else [] %}
  {% if empty %}
    {% call statement('main', language='sql') %}insert into {{ rows }} values ({{ (['NULL'] * columns | length) | join(',') }}){% endcall %}
  {% endif %}
  {% do write_to_file(rows, location, write_options) %}

  {% call statement('main', language='sql') %}
    create or replace view {{ fresh }} as (
      select * from read_{{ format }}('{{ read_location }}'
        {%- for name, value in read_options.items() %}, {{ name }}={{ "'" ~ value ~ "'" if value is string else value }}{% endfor %})
      {%- if empty %}
      where 1{% for column in columns %} AND "{{ column.column }}" is not NULL{% endfor %}
      {%- endif %}
    );
  {% endcall %}

  {% if existing is not none %}{% do adapter.rename_relation(existing, backup) %}{% endif %}
  {% do adapter.rename_relation(fresh, target_relation) %}

  {% do run_hooks(post_hooks, inside_transaction=true) %}
  {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing, full_refresh_mode=true)) %}
  {% do persist_docs(target_relation, model) %}
  {% do adapter.commit() %}
  {% if existing is not none %}{% do drop_relation_if_exists(backup) %}{% endif %}
  {% do drop_relation_if_exists(rows) %}

  {# A plugin may register the file elsewhere; `glue_register` is the older way to name one. #}
  {% set glue = config.get('glue_register', default=false) %}
  {% set plugin = 'glue|' ~ config.get('glue_database', 'default') if glue else config.get('plugin') %}
  {% if plugin is not none %}{% do store_relation(plugin, target_relation, location, format, config) %}{% endif %}

  {% do run_hooks(post_hooks, inside_transaction=false) %}
  {% do return({'relations': [target_relation]}) %}
{% endmaterialization %}
