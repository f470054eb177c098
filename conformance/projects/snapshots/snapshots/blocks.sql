{% snapshot by_time %}
{{ config(strategy='timestamp', updated_at='updated_at') }}
select * from {{ ref('customers') }}
{% endsnapshot %}
{% snapshot by_check %}
{{ config(strategy='check', check_cols=['city']) }}
select * from {{ ref('customers') }}
{% endsnapshot %}
{% snapshot by_all %}
{{ config(strategy='check', check_cols='all', hard_deletes='invalidate') }}
select * from {{ ref('customers') }}
{% endsnapshot %}
{% snapshot new_record %}
{{ config(strategy='timestamp', updated_at='updated_at', hard_deletes='new_record') }}
select * from {{ ref('customers') }}
{% endsnapshot %}
{% snapshot far_future %}
{{ config(strategy='timestamp', updated_at='updated_at', dbt_valid_to_current="date '9999-12-31'", invalidate_hard_deletes=true) }}
select * from {{ ref('customers') }}
{% endsnapshot %}
{% snapshot renamed %}
{{ config(strategy='timestamp', updated_at='updated_at', snapshot_meta_column_names={'dbt_valid_from': 'vf', 'dbt_valid_to': 'vt', 'dbt_scd_id': 'sid', 'dbt_updated_at': 'upd'}) }}
select * from {{ ref('customers') }}
{% endsnapshot %}
{% snapshot two_keys %}
{{ config(unique_key=['id', 'name'], strategy='timestamp', updated_at='updated_at') }}
select * from {{ ref('customers') }}
{% endsnapshot %}
{% snapshot elsewhere %}
{{ config(target_schema='other', strategy='check', check_cols=['name', 'city'], tags=['x']) }}
select * from {{ ref('customers') }}
{% endsnapshot %}
