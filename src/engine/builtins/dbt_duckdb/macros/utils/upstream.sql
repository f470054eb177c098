{# For a hook at the start of a run: in a fresh database, views over the files of external models that this run
   reads but does not build. #}
{% macro register_upstream_external_models() %}
  {% if execute %}
    {% set seen, schemas = {}, {} %}
    {% for selected in selected_resources if selected in graph['nodes'] %}
      {% for id in graph['nodes'][selected]['depends_on']['nodes'] if id not in seen and id not in selected_resources %}
        {% do seen.update({id: none}) %}
        {% set node = graph['nodes'].get(id) %}
        {% if node and node.resource_type in ('model', 'seed') and node.config.materialized == 'external' %}
          {% set relation = api.Relation.create(database=node['database'], schema=node['schema'], identifier=node['alias']) %}
          {% set location = node.config.get('location', external_location(relation, node.config)) %}
          {% set source = adapter.external_read_location(location, render_write_options(node.config)) %}
          {% if relation.schema not in schemas %}
            {% call statement('main', language='sql') %}create schema if not exists {{ relation.without_identifier() }}{% endcall %}
            {% do schemas.update({relation.schema: none}) %}
          {% endif %}
          {% call statement('main', language='sql') %}
            create or replace view {{ relation }} as (
              select * from '{{ source }}'
            );
          {% endcall %}
        {% endif %}
      {% endfor %}
    {% endfor %}
    {% if schemas %}{% do adapter.commit() %}{% endif %}
  {% endif %}
{% endmacro %}
