{{ config(meta={'as_macro': true}) }}
-- {{ ref('rates') }}
(select max(rate) from {{ ref('rates') }}) + {{ function('add_tax') }}(amount)
