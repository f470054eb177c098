{# Replaces the rows of one batch: a span of event time. #}
{% macro duckdb__get_incremental_microbatch_sql(arg_dict) %}
  {%- set clock = config.get('event_time') -%}
  {%- if not clock -%}
    {%- do exceptions.raise_compiler_error("microbatch incremental strategy requires an 'event_time' model config") -%}
  {%- endif -%}
  {%- if config.get('unique_key') -%}
    {%- do exceptions.raise_compiler_error("microbatch incremental strategy does not support 'unique_key'. Microbatch runs delete+insert per batch based on 'event_time' and does not do key-based upserts. Remove 'unique_key' or use incremental_strategy='merge'.") -%}
  {%- endif -%}
  {%- set batch = model.get('batch') or {} -%}
  {%- set start, end = batch.get('event_time_start'), batch.get('event_time_end') -%}
  {%- if not start or not end -%}
    {%- do exceptions.raise_compiler_error("microbatch incremental strategy requires 'batch.event_time_start' and 'batch.event_time_end' to be set in the context") -%}
  {%- endif -%}
  {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
  {%- set in_batch = clock ~ " >= '" ~ start ~ "' and " ~ clock ~ " < '" ~ end ~ "'" -%}
  delete from {{ arg_dict['target_relation'] }}
  where {{ in_batch }}
  {%- for condition in normalize_incremental_predicates(arg_dict.get('incremental_predicates')) %}
    and ({{ condition }})
  {%- endfor %};

  insert into {{ arg_dict['target_relation'] }} ({{ columns }})
  select {{ columns }}
  from {{ arg_dict['temp_relation'] }}
  where {{ in_batch }};
{% endmacro %}
