{% macro drop_schema_named(schema_name) %}{% do return(adapter.dispatch('drop_schema_named', 'dbt')(schema_name)) %}{% endmacro %}
{% macro default__drop_schema_named(schema_name) %}{% do adapter.drop_schema(api.Relation.create(schema=schema_name)) %}{% endmacro %}
