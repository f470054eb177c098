{# Where an external model goes unless it says so: a file, or a folder when it is partitioned. #}
{% macro external_location(relation, config) -%}
  {{ adapter.external_root() }}/{{ relation.identifier }}{{ '.' ~ config.get('format', 'parquet') if config.get('options', {}).get('partition_by') is none }}
{%- endmacro %}
