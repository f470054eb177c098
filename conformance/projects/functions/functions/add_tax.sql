
{{ config(meta={'as_macro': true}, tags=['money']) }}
amount * {{ var('tax', 1.19) }}
