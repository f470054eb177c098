{% snapshot versioned %}
{{ config(strategy='versioned', unique_key='id') }}
select * from {{ ref('customers') }}
{% endsnapshot %}
