{# The names that a build uses beside the final one, and lookups in the relation cache. #}

{% macro make_intermediate_relation(base_relation, suffix='__dbt_tmp') %}{% do return(adapter.dispatch('make_intermediate_relation', 'dbt')(base_relation, suffix)) %}{% endmacro %}
{% macro default__make_intermediate_relation(base_relation, suffix) %}
  {% do return(default__make_temp_relation(base_relation, suffix)) %}
{% endmacro %}

{# Batches of one microbatch model may run side by side, so each needs a name of its own. #}
{% macro make_temp_relation(base_relation, suffix='__dbt_tmp') %}
  {% set own = '_' ~ model.batch.id if suffix == '__dbt_tmp' and model.batch else '' %}
  {% do return(adapter.dispatch('make_temp_relation', 'dbt')(base_relation, suffix ~ own)) %}
{% endmacro %}
{% macro default__make_temp_relation(base_relation, suffix) %}
  {% do return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix})) %}
{% endmacro %}

{% macro make_backup_relation(base_relation, backup_relation_type, suffix='__dbt_backup') %}{% do return(adapter.dispatch('make_backup_relation', 'dbt')(base_relation, backup_relation_type, suffix)) %}{% endmacro %}
{% macro default__make_backup_relation(base_relation, backup_relation_type, suffix) %}
  {% do return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix}, type=backup_relation_type)) %}
{% endmacro %}

{% macro truncate_relation(relation) %}{% do return(adapter.dispatch('truncate_relation', 'dbt')(relation)) %}{% endmacro %}
{% macro default__truncate_relation(relation) %}
  {% call statement('truncate_relation') %}truncate table {{ relation.render() }}{% endcall %}
{% endmacro %}

{% macro get_or_create_relation(database, schema, identifier, type) %}{% do return(adapter.dispatch('get_or_create_relation', 'dbt')(database, schema, identifier, type)) %}{% endmacro %}
{# A pair: does it exist, and the relation, found or described. #}
{% macro default__get_or_create_relation(database, schema, identifier, type) %}
  {% set found = adapter.get_relation(database=database, schema=schema, identifier=identifier) %}
  {% if found %}{% do return([true, found]) %}{% endif %}
  {% do return([false, api.Relation.create(database=database, schema=schema, identifier=identifier, type=type)]) %}
{% endmacro %}

{% macro load_cached_relation(relation) %}
  {% do return(adapter.get_relation(database=relation.database, schema=relation.schema, identifier=relation.identifier)) %}
{% endmacro %}

{# The earlier name of load_cached_relation. #}
{% macro load_relation(relation) %}{% do return(load_cached_relation(relation)) %}{% endmacro %}
