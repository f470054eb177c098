{# Schemas #}

{# Attached databases of other kinds have their own rules: SQLite knows one schema, MySQL none. #}
{% macro duckdb__create_schema(relation) %}
  {% call statement('create_schema') -%}
    {%- set attached = run_query("select type from duckdb_databases() where lower(database_name)='" ~ relation.database | lower ~ "' and type != 'duckdb'") -%}
    {%- set kind = attached.columns[0].values()[0] if attached | length > 0 else 'duckdb' -%}
    {%- if kind == 'sqlite' and relation.schema != 'main' -%}
      {%- do exceptions.raise_compiler_error("Schema must be 'main' when writing to sqlite instead got " ~ relation.schema) -%}
    {%- elif kind not in ['sqlite', 'mysql'] -%}
      create schema if not exists {{ relation.without_identifier() }}
    {%- endif -%}
  {%- endcall %}
{% endmacro %}

{% macro duckdb__drop_schema(relation) %}
  {% call statement('drop_schema') %}drop schema if exists {{ relation.without_identifier() }} cascade{% endcall %}
{% endmacro %}

{% macro duckdb__list_schemas(database) %}
  {% set sql %}
    select schema_name
    from system.information_schema.schemata
    {{ "where lower(catalog_name) = '" ~ database | lower ~ "'" if database is not none }}
  {% endset %}
  {% do return(run_query(sql)) %}
{% endmacro %}

{% macro duckdb__check_schema_exists(information_schema, schema) %}
  {% set sql %}
    select count(*)
    from system.information_schema.schemata
    where lower(schema_name) = '{{ schema | lower | replace("'", "''") }}' and lower(catalog_name) = '{{ information_schema.database | lower | replace("'", "''") }}'
  {% endset %}
  {% do return(run_query(sql)) %}
{% endmacro %}

{# Creating tables and views #}

{% macro get_column_names() %}
  ( {% for column in model['columns'].values() %}{{ column['name'] }}{{ ', ' if not loop.last }}{% endfor %} )
{% endmacro %}

{# The layout of DuckLake tables: none for a relation that is not the final one of its model, or is no DuckLake's. #}
{% macro duckdb__get_partitioned_by(relation, temporary) %}
  {% if temporary %}{% do return(none) %}{% endif %}
  {% set raw = config.get('partitioned_by', none) %}
  {% set raw = config.get('partition_by', none) if raw is none or raw == '' else raw %}
  {% if raw is none or raw == '' %}{% do return(none) %}{% endif %}
  {% set parts = normalize_string_or_list(raw, 'partitioned_by/partition_by') %}
  {% if not parts %}{% do exceptions.raise_compiler_error('partitioned_by/partition_by must contain at least one column') %}{% endif %}
  {% if this is defined and config.get('materialized') in ['table', 'incremental']
        and relation.identifier and this.identifier and relation.identifier != this.identifier %}
    {% do return(none) %}
  {% endif %}
  {% if not adapter.is_ducklake(relation) %}
    {% do adapter.warn_once('partitioned_by/partition_by is only supported for DuckLake relations; ignoring for ' ~ relation) %}
    {% do return(none) %}
  {% endif %}
  {% do return(parts | join(', ')) %}
{% endmacro %}

{% macro duckdb__alter_table_set_partitioned_by(relation, partitioned_by) -%}
  alter table {{ relation }} set partitioned by ({{ partitioned_by }});
{%- endmacro %}

{% macro duckdb__get_sorted_by(relation, temporary) %}
  {% if temporary %}{% do return(none) %}{% endif %}
  {% set raw = config.get('sorted_by', none) %}
  {% set raw = config.get('sort_by', none) if raw is none else raw %}
  {% if raw is none %}{% do return(none) %}{% endif %}
  {% set parts = normalize_string_or_list(raw, 'sorted_by/sort_by') %}
  {% if not parts %}{% do exceptions.raise_compiler_error('sorted_by/sort_by must contain at least one column') %}{% endif %}
  {% if this is defined and config.get('materialized') in ['table', 'incremental']
        and relation.identifier and this.identifier and relation.identifier != this.identifier %}
    {% do return(none) %}
  {% endif %}
  {% if not adapter.is_ducklake(relation) %}
    {% do adapter.warn_once('sorted_by/sort_by is only supported for DuckLake relations; ignoring for ' ~ relation) %}
    {% do return(none) %}
  {% endif %}
  {% do return(get_quoted_csv(parts | map('replace', '"', '""'))) %}
{% endmacro %}

{% macro duckdb__alter_table_set_sorted_by(relation, sorted_by) -%}
  alter table {{ relation }} set sorted by ({{ sorted_by }});
{%- endmacro %}

{% macro create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) %}
  {%- do return(adapter.dispatch('create_table_as', 'dbt')(temporary, relation, compiled_code, language, partitioned_by=partitioned_by, sorted_by=sorted_by)) -%}
{% endmacro %}

{# The blank lines put the model's own lines where dbt has them, so that DuckDB's errors name the same line.
   One statement, unless a contract declares constraints or DuckLake a layout: those need the empty table first.
   Temporary tables live in a catalogue of their own and take no constraints. #}
{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) %}
  {%- if language == 'python' -%}
    {%- do return(py_write_table(temporary=temporary, relation=relation, compiled_code=compiled_code, partitioned_by=partitioned_by, sorted_by=sorted_by)) -%}
  {%- elif language != 'sql' -%}
    {%- do exceptions.raise_compiler_error("duckdb__create_table_as macro didn't get supported language, it got " ~ language) -%}
  {%- endif -%}
  {%- set contract = config.get('contract') -%}
  {%- set header = config.get('sql_header', none) -%}

    {{ get_assert_columns_equivalent(compiled_code) if contract.enforced }}

    {{ header ~ '\n' if header is not none }}create {{ 'temporary ' if temporary }}table {{ relation.include(database=not temporary, schema=not temporary) }}
  {%- if contract.enforced and not temporary %}
  {{ get_table_columns_and_constraints() }} ;
  {{ duckdb__alter_table_set_partitioned_by(relation, partitioned_by) if partitioned_by }}
  {{ duckdb__alter_table_set_sorted_by(relation, sorted_by) if sorted_by }}
  insert into {{ relation }} {{ get_column_names() }} (
    {{ get_select_subquery(compiled_code) }}
  );
  {%- elif partitioned_by or sorted_by %}
  as (
    select * from (
      {{ compiled_code }}
    ) as model_subq
    limit 0
  );
  {{ duckdb__alter_table_set_partitioned_by(relation, partitioned_by) if partitioned_by }}
  {{ duckdb__alter_table_set_sorted_by(relation, sorted_by) if sorted_by }}
  insert into {{ relation }}
  select * from (
    {{ compiled_code }}
  ) as model_subq;
  {%- else %}




    as (
      {{ compiled_code }}
    );
  {%- endif %}
{% endmacro %}

{# Python that runs after the model's own: it turns the returned data frame into the table. The engine records what is
   sent to `con` and sends it on its own connection, so that a temporary table is there for the strategy that needs it. #}
{% macro py_write_table(temporary, relation, compiled_code, partitioned_by=none, sorted_by=none) -%}
{%- set kind = 'temporary ' if temporary else '' -%}
{{ compiled_code }}

def materialize(df, con):
    if type(df).__module__.partition('.')[0] == 'pyarrow':
        # DuckDB recognises Arrow tables only once this module is loaded.
        import pyarrow.dataset
    frame = '__dbt_python_model_df_{{ relation.identifier }}'
    con.register(frame, df)
    {%- if partitioned_by or sorted_by %}
    con.execute(f'create {{ kind }}table {{ relation }} as select * from {frame} limit 0')
    {%- if partitioned_by %}
    con.execute('alter table {{ relation }} set partitioned by ({{ partitioned_by }})')
    {%- endif %}
    {%- if sorted_by %}
    con.execute('alter table {{ relation }} set sorted by ({{ sorted_by }})')
    {%- endif %}
    con.execute(f'insert into {{ relation }} select * from {frame}')
    {%- else %}
    con.execute(f'create {{ kind }}table {{ relation }} as select * from {frame}')
    {%- endif %}
    con.unregister(frame)
{% endmacro %}

{% macro duckdb__create_view_as(relation, sql) %}
  {%- set contract = config.get('contract') -%}
  {%- set header = config.get('sql_header', none) -%}
  {{ get_assert_columns_equivalent(sql) if contract.enforced }}
  {{ header if header is not none }}
  create view {{ relation }} as (
    {{ sql }}
  );
{% endmacro %}

{# What is in the database #}

{# DESCRIBE reads one relation; the information schema would load the whole catalogue of an attached database.
   DuckDB's type names already carry length and precision, so the last three columns stay empty. #}
{% macro duckdb__get_columns_in_relation(relation) %}
  {% call statement('get_columns_in_relation', fetch_result=true) %}
    select
      column_name,
      column_type as data_type,
      cast(null as bigint) as character_maximum_length,
      cast(null as bigint) as numeric_precision,
      cast(null as bigint) as numeric_scale
    from (describe {{ relation.render() }})
  {% endcall %}
  {% do return(sql_convert_columns_in_relation(load_result('get_columns_in_relation').table)) %}
{% endmacro %}

{% macro duckdb__list_relations_without_caching(schema_relation) %}
  {% call statement('list_relations_without_caching', fetch_result=true) %}
    select
      '{{ schema_relation.database }}' as database,
      table_name as name,
      table_schema as schema,
      CASE table_type WHEN 'BASE TABLE' THEN 'table' WHEN 'VIEW' THEN 'view' WHEN 'LOCAL TEMPORARY' THEN 'table' END as type
    from system.information_schema.tables
    where lower(table_schema) = '{{ schema_relation.schema | lower | replace("'", "''") }}'
      and lower(table_catalog) = '{{ schema_relation.database | lower | replace("'", "''") }}'
  {% endcall %}
  {% do return(load_result('list_relations_without_caching').table) %}
{% endmacro %}

{# Changing and dropping relations #}

{% macro duckdb__drop_relation(relation) %}
  {% call statement('drop_relation', auto_begin=false) -%}
    drop {{ relation.type }} if exists {{ relation }}{{ ' cascade' if not adapter.is_ducklake(relation) }}
  {%- endcall %}
{% endmacro %}

{% macro duckdb__rename_relation(from_relation, to_relation) %}
  {% call statement('rename_relation') -%}
    alter {{ to_relation.type }} {{ from_relation }} rename to {{ adapter.quote_as_configured(to_relation.identifier, 'identifier') }}
  {%- endcall %}
{% endmacro %}

{# A temporary table belongs to its connection and has no schema of ours; the time keeps the names of one
   connection apart. #}
{% macro duckdb__make_temp_relation(base_relation, suffix) %}
  {% do return(base_relation.incorporate(path={
    'identifier': base_relation.identifier ~ suffix ~ py_current_timestring(),
    'schema': none,
    'database': none
  })) %}
{% endmacro %}

{# Where rows wait before they are merged: a temporary table. MotherDuck has none on its server, so there it is a
   table in a schema for that purpose. #}
{% macro duckdb__dispatch_temporary_relation(target_relation, batch_id='') %}
  {% if not adapter.is_motherduck() %}
    {% do return({'relation': make_temp_relation(target_relation), 'temporary': true}) %}
  {% endif %}
  {% set relation = target_relation.incorporate(path=adapter.get_temp_relation_path(target_relation, batch_id)) %}
  {% do run_query(create_schema(relation)) %}
  {% if not adapter.disable_transactions() %}{% do adapter.commit() %}{% endif %}
  {% do return({'relation': relation, 'temporary': false}) %}
{% endmacro %}

{% macro duckdb__apply_grants(relation, grant_config, should_revoke=True) %}
  {% if grant_config %}{% do adapter.warn_once('Grants for relations are not supported by DuckDB') %}{% endif %}
{% endmacro %}

{% macro duckdb__get_create_index_sql(relation, index_dict) %}
  {%- set index = adapter.parse_index(index_dict) -%}
  create {{ 'unique ' if index.unique }}index "{{ index.render(relation) }}" on {{ relation }} ({{ index.columns | join(', ') }});
{% endmacro %}

{# DuckDB renames no table that has an index. None of this begins a transaction, as nobody would commit it.
   Listing indexes fails while another connection renames an indexed table, so only tables that have one are asked for. #}
{% macro drop_indexes_on_relation(relation) %}
  {% call statement('count_indexes_on_relation', fetch_result=true, auto_begin=false) %}
    SELECT index_count
    FROM duckdb_tables()
    WHERE database_name = '{{ relation.database | replace("'", "''") }}'
      AND schema_name = '{{ relation.schema | replace("'", "''") }}'
      AND table_name = '{{ relation.identifier | replace("'", "''") }}'
      AND index_count > 0
  {% endcall %}
  {% if load_result('count_indexes_on_relation').data | length == 0 %}{% do return('') %}{% endif %}
  {% call statement('get_indexes_on_relation', fetch_result=true, auto_begin=false) %}
    SELECT index_name
    FROM duckdb_indexes()
    WHERE database_name = '{{ relation.database | replace("'", "''") }}'
      AND schema_name = '{{ relation.schema | replace("'", "''") }}'
      AND table_name = '{{ relation.identifier | replace("'", "''") }}'
  {% endcall %}
  {% for row in load_result('get_indexes_on_relation').table %}
    {% call statement('drop_index_' ~ loop.index, auto_begin=false) -%}
      DROP INDEX "{{ relation.database }}"."{{ relation.schema }}"."{{ row[0] }}"
    {%- endcall %}
  {% endfor %}
{% endmacro %}

{# Time #}

{% macro duckdb__current_timestamp() %}{% do return('now()') %}{% endmacro %}

{% macro duckdb__snapshot_string_as_time(timestamp) %}{% do return("'" ~ timestamp ~ "'::timestamp") %}{% endmacro %}

{% macro duckdb__snapshot_get_time() %}{% do return(current_timestamp() ~ '::timestamp') %}{% endmacro %}

{# Strategies and files #}

{% macro duckdb__get_incremental_default_sql(arg_dict) %}{% do return(get_incremental_delete_insert_sql(arg_dict)) %}{% endmacro %}

{% macro location_exists(location) %}{% do return(adapter.location_exists(location)) %}{% endmacro %}

{% macro write_to_file(relation, location, options) %}
  {% call statement('write_to_file') %}copy {{ relation }} to '{{ location }}' ({{ options }}){% endcall %}
{% endmacro %}

{% macro store_relation(plugin, relation, location, format, config) %}
  {% do adapter.store_relation(plugin, relation, adapter.get_columns_in_relation(relation), location, format, config) %}
{% endmacro %}

{# The options of an external model, rendered; two of them may also stand beside `options`. #}
{% macro render_write_options(config) %}
  {% set options = config.get('options', {}) %}
  {% if options is not mapping %}{% do exceptions.raise_compiler_error('The options argument must be a dictionary') %}{% endif %}
  {% for name in options %}{% do options.update({name: render(options[name])}) %}{% endfor %}
  {% for name in ['format', 'delimiter'] if config.get(name) %}{% do options.update({name: render(config.get(name))}) %}{% endfor %}
  {% do return(options) %}
{% endmacro %}
