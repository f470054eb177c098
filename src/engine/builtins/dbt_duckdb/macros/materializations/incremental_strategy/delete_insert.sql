{# Several keys are compared one by one, as a row of values would treat null differently. #}
{% macro duckdb__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) %}
  {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) %}
  {% if unique_key is sequence and unique_key is not string and unique_key -%}
  delete from {{ target }} as DBT_INCREMENTAL_TARGET
  using {{ source }}
  where (
    {% for key in unique_key %}{{ source }}.{{ key }} = DBT_INCREMENTAL_TARGET.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
    {%- for condition in incremental_predicates or [] %}
    and {{ condition }}
    {%- endfor %}
  );
  {%- elif unique_key -%}
  delete from {{ target }}
  where ( {{ unique_key }}) in (
    select ({{ unique_key }})
    from {{ source }}
  )
  {%- for condition in incremental_predicates or [] %}
  and {{ condition }}
  {%- endfor %};
  {%- endif %}
  insert into {{ target }} ({{ columns }})
  (
    select {{ columns }}
    from {{ source }}
  )
{% endmacro %}
