{#- Before the API was reached for the first time there is no raw table: no rows then, and no error. -#}
{%- set products = source('raw', 'products') -%}
{%- set loaded = adapter.get_relation(products.database, products.schema, products.identifier) -%}

{% if loaded is none %}
select
    null::varchar as product_code,
    null::bigint as packaging_units_per_case,
    null::bigint as packaging_cases_per_pallet,
    null::varchar as supplier_name,
    null::bigint as supplier_lead_time_weeks,
    null::timestamp as updated_at
where false
{% else %}
select * from {{ products }}
{% endif %}
