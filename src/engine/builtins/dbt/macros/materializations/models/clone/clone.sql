{# A copy of the relation in the other state: a cloned table where the database can do that, else a view on it. #}
{% materialization clone, default %}
  {% if not defer_relation %}
    {% do log('No relation found in state manifest for ' ~ model.unique_id, info=true) %}
    {% do return({'relations': []}) %}
  {% endif %}
  {% set existing = load_cached_relation(this) %}
  {% if existing and not flags.FULL_REFRESH %}
    {% do log('Relation ' ~ existing ~ ' already exists', info=true) %}
    {% do return({'relations': []}) %}
  {% endif %}

  {% set other = load_cached_relation(defer_relation) %}
  {% set clonable = can_clone_table() %}
  {% if not (other and other.type == 'table' and clonable) %}
    {% set view = 'materialization_view_' ~ adapter.type() %}
    {% do return(context[view if view in context else 'materialization_view_default']()) %}
  {% endif %}

  {% set target_relation = this.incorporate(type='table') %}
  {% if existing is not none and not existing.is_table %}
    {% do log('Dropping relation ' ~ existing.render() ~ ' because it is of type ' ~ existing.type) %}
    {% do drop_relation_if_exists(existing) %}
  {% endif %}
  {% if (target_relation.database, target_relation.schema, target_relation.identifier)
        == (defer_relation.database, defer_relation.schema, defer_relation.identifier) %}
    {% do log('Target relation and defer relation are the same, skipping clone for relation: ' ~ target_relation.render()) %}
  {% else %}
    {% call statement('main') %}{{ create_or_replace_clone(target_relation, defer_relation) }}{% endcall %}
  {% endif %}
  {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing, full_refresh_mode=true)) %}
  {% do persist_docs(target_relation, model) %}
  {% do return({'relations': [target_relation]}) %}
{% endmaterialization %}
