{% test has_rows(model, at_least=1) %}
{{ config(fail_calc="coalesce(max(missing), 0)") }}
select {{ at_least }} - count(*) as missing from {{ model }} having count(*) < {{ at_least }}
{% endtest %}
