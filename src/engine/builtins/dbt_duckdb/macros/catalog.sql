{# What `docs generate` shows: one row a column. The databases' own functions are asked, as they see comments too. #}

{% macro duckdb__get_catalog(information_schema, schemas) %}
  {% set wanted = duckdb__get_catalog_schemas_where_clause_sql(schemas) %}
  {% set sql %}
    with tables as (
      {{ duckdb__get_catalog_tables_sql(information_schema) }} {{ wanted }}
    ),
    columns as (
      {{ duckdb__get_catalog_columns_sql(information_schema) }} {{ wanted }}
    )
    {{ duckdb__get_catalog_results_sql() }}
  {% endset %}
  {% do return(run_query(sql)) %}
{% endmacro %}

{% macro duckdb__get_catalog_relations(information_schema, relations) %}
  {% set wanted = duckdb__get_catalog_relations_where_clause_sql(relations) %}
  {% set sql %}
    with tables as (
      {{ duckdb__get_catalog_tables_sql(information_schema) }} {{ wanted }}
    ),
    columns as (
      {{ duckdb__get_catalog_columns_sql(information_schema) }} {{ wanted }}
    )
    {{ duckdb__get_catalog_results_sql() }}
  {% endset %}
  {% do return(run_query(sql)) %}
{% endmacro %}

{% macro duckdb__get_catalog_tables_sql(information_schema) -%}
  {%- set here = "database_name) = upper('" ~ information_schema.database ~ "')" -%}
  select * from (
    select t.database_name as table_database, t.schema_name as table_schema, t.table_name as table_name,
      'BASE TABLE' as table_type, t.comment as table_comment
    from duckdb_tables() t
    where upper(t.{{ here }}
    union all
    select v.database_name as table_database, v.schema_name as table_schema, v.view_name as table_name,
      'VIEW' as table_type, v.comment as table_comment
    from duckdb_views() v
    where upper(v.{{ here }}
  ) catalog_tables
{%- endmacro %}

{% macro duckdb__get_catalog_columns_sql(information_schema) -%}
  select * from (
    select c.database_name as table_database, c.schema_name as table_schema, c.table_name as table_name,
      c.column_name as column_name, c.column_index as column_index, c.data_type as column_type, c.comment as column_comment
    from duckdb_columns() c
    where upper(c.database_name) = upper('{{ information_schema.database }}')
  ) catalog_columns
{%- endmacro %}

{% macro duckdb__get_catalog_results_sql() -%}
  select tables.table_database, tables.table_schema, tables.table_name, tables.table_type, tables.table_comment,
    columns.column_name, columns.column_index, columns.column_type, columns.column_comment, null as table_owner
  from tables
  join columns using (table_database, table_schema, table_name)
  order by table_schema, table_name, column_index
{%- endmacro %}

{% macro duckdb__get_catalog_schemas_where_clause_sql(schemas) -%}
  where {% for schema in schemas %}{{ '(' if loop.first else ' or ' }}upper(table_schema) = upper('{{ schema }}'){{ ')' if loop.last }}{% else %}1 = 0{% endfor %}
{%- endmacro %}

{% macro duckdb__get_catalog_relations_where_clause_sql(relations) -%}
  where {% for relation in relations -%}
    {%- if not relation.schema %}{% do exceptions.raise_compiler_error('`get_catalog_relations` requires a list of relations, each with a schema') %}{% endif -%}
    {{ '(' if loop.first else ' or ' }}(upper(table_schema) = upper('{{ relation.schema }}'){{ " and upper(table_name) = upper('" ~ relation.identifier ~ "')" if relation.identifier }}){{ ')' if loop.last }}
  {%- else -%}1 = 0{%- endfor %}
{%- endmacro %}
