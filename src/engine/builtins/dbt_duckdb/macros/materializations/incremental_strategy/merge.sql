{# MERGE, from a few settings for the usual cases or from `merge_clauses`, which spells every clause out. #}

{% macro duckdb__merge_join_clause(unique_key, merge_on_using_columns, incremental_predicates) %}
  {%- set conditions = [] + (incremental_predicates or []) -%}
  {%- if merge_on_using_columns -%}
    USING ({{ merge_on_using_columns | join(', ') }}){{ ' ON (' ~ conditions | join(') AND (') ~ ')' if conditions }}
  {%- else -%}
    {%- set keys = [] -%}
    {%- for key in (unique_key if unique_key is sequence and unique_key is not mapping and unique_key is not string else [unique_key]) if key -%}
      {%- do keys.append('DBT_INTERNAL_SOURCE.' ~ key ~ ' = DBT_INTERNAL_DEST.' ~ key) -%}
    {%- endfor -%}
    ON ({{ ((keys or ['FALSE']) + conditions) | join(') AND (') }})
  {%- endif -%}
{% endmacro %}

{% macro duckdb__get_incremental_merge_sql(args_dict) %}
  {% do return(duckdb__get_merge_sql(
    args_dict['target_relation'],
    args_dict['temp_relation'],
    args_dict['unique_key'],
    args_dict['dest_columns'],
    normalize_incremental_predicates(args_dict.get('incremental_predicates'))
  )) %}
{% endmacro %}

{% macro duckdb__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) %}
  {%- do validate_merge_config(config, target) -%}
  {%- set include = config.get('merge_update_columns', []) -%}
  {%- set exclude = config.get('merge_exclude_columns', []) -%}
  {%- set expressions = config.get('merge_update_set_expressions', {}) -%}
  {%- set usual = merge_clause_defaults(config.get('merge_update_condition', none), config.get('merge_insert_condition', none), include, exclude, expressions) -%}
  {%- set update = usual.when_matched_update_explicit if include or exclude or expressions else usual.when_matched_update_by_name -%}
  {%- set given = config.get('merge_clauses', {}) -%}
  {%- set clauses = [] -%}
  {%- for clause in given.get('when_matched', [update]) %}{% do clauses.append((true, clause)) %}{% endfor -%}
  {%- for clause in given.get('when_not_matched', [usual.when_not_matched_insert_by_name]) %}{% do clauses.append((false, clause)) %}{% endfor -%}
  {%- set header = config.get('sql_header', none) -%}
  {%- set returning = config.get('merge_returning_columns', []) -%}

    {{ header if header is not none }}




    MERGE INTO {{ target }} AS DBT_INTERNAL_DEST
        USING {{ source }} AS DBT_INTERNAL_SOURCE


        {{ duckdb__merge_join_clause(unique_key, config.get('merge_on_using_columns', []), normalize_incremental_predicates(incremental_predicates)) }}
  {%- for matched, clause in clauses %}
    {%- set action, mode, condition = clause.get('action'), clause.get('mode'), clause.get('condition') %}
  WHEN {{ 'MATCHED' if matched else 'NOT MATCHED' }}{{ ' BY ' ~ clause.get('by') | upper if clause.get('by') and not matched }}
    {%- if condition %} AND {{ condition if condition is string else '(' ~ condition | join(') AND (') ~ ')' }}{% endif %} THEN
    {%- if action == 'update' and (mode == 'explicit' or not matched) %}
      {#- The given expressions come first; on a match the other columns follow as they are. -#}
      {%- set wanted = clause.get('update', {}) if matched else clause -%}
      {%- set own = wanted.get('set_expressions', {}) -%}
      {%- set items = [] -%}
      {%- for name, expression in own.items() %}{% do items.append(name ~ ' = ' ~ expression) %}{% endfor -%}
      {%- if matched -%}
        {%- for name in get_merge_update_columns(wanted.get('include', []), wanted.get('exclude', []), dest_columns) if name.replace('"', '').replace("'", '') not in own -%}
          {%- do items.append(name ~ ' = DBT_INTERNAL_SOURCE.' ~ name) -%}
        {%- endfor -%}
      {%- endif %} UPDATE SET {{ items | join(', ') }}
    {%- elif action == 'insert' and mode == 'explicit' and not matched %}
      {%- set wanted = clause.get('insert', {}) %} INSERT ({{ wanted.get('columns', []) | join(', ') }}) VALUES ({{ wanted.get('values', []) | join(', ') }})
    {%- elif action == ('update' if matched else 'insert') and mode in ['by_name', 'by_position', 'star'] %} {{ action | upper }} {{ {'by_name': 'BY NAME', 'by_position': 'BY POSITION', 'star': 'SET *' if matched else '*'}[mode] }}
    {%- elif action == 'error' %} ERROR{{ " '" ~ clause.get('error_message') | replace("'", "''") ~ "'" if clause.get('error_message') }}
    {%- else %} {{ {'delete': 'DELETE', 'do_nothing': 'DO NOTHING'}.get(action, '') }}
    {%- endif %}
  {%- endfor %}
  {{ 'RETURNING ' ~ (returning if returning is string else returning | join(', ')) if returning }}
{% endmacro %}
