{% macro snapshot_versioned_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
  {% set primary_key = model_config['unique_key'] %}
  {% set updated_at = 'updated_at' %}
  {% do return({'unique_key': primary_key, 'updated_at': updated_at, 'row_changed': snapshotted_rel ~ '.name != ' ~ current_rel ~ '.name', 'scd_id': snapshot_hash_arguments([primary_key, updated_at]), 'invalidate_hard_deletes': false, 'hard_deletes': 'ignore'}) %}
{% endmacro %}
