{# How a snapshot notices that a row changed. A strategy `x` is a macro snapshot_x_strategy. #}

{# The strategy macro, `name` or `package.name`. #}
{% macro strategy_dispatch(name) %}
  {% set package, short = (none, name) if '.' not in name else name.split('.', 1) %}
  {% if package is not none and package not in context %}
    {% do exceptions.raise_compiler_error("Could not find package '" ~ package ~ "', called with '" ~ name ~ "'") %}
  {% endif %}
  {% set scope = context if package is none else context[package] %}
  {% set macro_name = 'snapshot_' ~ short ~ '_strategy' %}
  {% if macro_name not in scope %}
    {% do exceptions.raise_compiler_error("The specified strategy macro '" ~ short ~ "' was not found in package '" ~ package ~ "'") %}
  {% endif %}
  {% do return(scope[macro_name]) %}
{% endmacro %}

{% macro snapshot_hash_arguments(args) %}{% do return(adapter.dispatch('snapshot_hash_arguments', 'dbt')(args)) %}{% endmacro %}
{% macro default__snapshot_hash_arguments(args) -%}
  md5({% for arg in args %}coalesce(cast({{ arg }} as varchar ), ''){{ " || '|' || " if not loop.last }}{% endfor %})
{%- endmacro %}

{# Newer by its own clock. Compared with the snapshot's valid-from, which every earlier strategy has written too. #}
{% macro snapshot_timestamp_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
  {% set key, clock = config.get('unique_key'), config.get('updated_at') %}
  {% set columns = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() %}
  {% set hard_deletes = adapter.get_hard_deletes_behavior(config) %}
  {% do return({
    'unique_key': key,
    'updated_at': clock,
    'row_changed': '(' ~ snapshotted_rel ~ '.' ~ columns.dbt_valid_from ~ ' < ' ~ current_rel ~ '.' ~ clock ~ ')',
    'scd_id': snapshot_hash_arguments(api.Relation.scd_args(key, clock)),
    'invalidate_hard_deletes': hard_deletes == 'invalidate',
    'hard_deletes': hard_deletes
  }) %}
{% endmacro %}

{% macro snapshot_string_as_time(timestamp) %}{% do return(adapter.dispatch('snapshot_string_as_time', 'dbt')(timestamp)) %}{% endmacro %}
{% macro default__snapshot_string_as_time(timestamp) %}
  {% do exceptions.raise_not_implemented('snapshot_string_as_time macro not implemented for adapter ' ~ adapter.type()) %}
{% endmacro %}

{# A pair: did the query gain a checked column, and the checked columns (quoted) that both sides have. #}
{% macro snapshot_check_all_get_existing_columns(node, target_exists, check_cols_config) %}
  {% if not target_exists %}{% do return((false, [])) %}{% endif %}
  {% if check_cols_config == 'all' %}
    {% set checked = get_columns_in_query(node['compiled_code']) %}
  {% elif check_cols_config is iterable and check_cols_config | length > 0 %}
    {# Asked of the database for its spelling of the names. The line breaks end a comment at the query's end. #}
    {% set checked = get_columns_in_query('select ' ~ check_cols_config | join(', ') ~ ' from (\n' ~ node['compiled_code'] ~ '\n) subq') %}
  {% else %}
    {% do exceptions.raise_compiler_error("Invalid value for 'check_cols': " ~ check_cols_config) %}
  {% endif %}
  {% set snapshot = adapter.get_relation(database=node.database, schema=node.schema, identifier=node.alias) %}
  {% set known = adapter.get_columns_in_relation(snapshot) | map(attribute='name') | list %}
  {% set common = [] %}
  {% for name in checked if name in known %}{% do common.append(adapter.quote(name)) %}{% endfor %}
  {% do return((common | length < checked | length, common)) %}
{% endmacro %}

{# Any checked column differs; a new column counts as a change of every row. #}
{% macro snapshot_check_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
  {% set key, clock = config.get('unique_key'), config.get('updated_at') or snapshot_get_time() %}
  {% set hard_deletes = adapter.get_hard_deletes_behavior(config) %}
  {% set gained, columns = snapshot_check_all_get_existing_columns(node, target_exists, config.get('check_cols')) %}
  {% set tests = [get_true_sql()] if gained else [] %}
  {% for column in ([] if gained else columns) %}
    {% set old, new = snapshotted_rel ~ '.' ~ column, current_rel ~ '.' ~ column %}
    {% do tests.append(old ~ ' != ' ~ new ~ ' or ( ((' ~ old ~ ' is null) and not (' ~ new ~ ' is null)) or ((not ' ~ old ~ ' is null) and (' ~ new ~ ' is null)) )') %}
  {% endfor %}
  {% do return({
    'unique_key': key,
    'updated_at': clock,
    'row_changed': '(' ~ tests | join(' or ') ~ ')',
    'scd_id': snapshot_hash_arguments(api.Relation.scd_args(key, clock)),
    'invalidate_hard_deletes': hard_deletes == 'invalidate',
    'hard_deletes': hard_deletes
  }) %}
{% endmacro %}
