{# Whole rows when they are stored to be looked at, else the column alone. #}
{% macro default__test_not_null(model, column_name) %}



select {{ '*' if should_store_failures() else column_name }}
from {{ model }}
where {{ column_name }} is null

{% endmacro %}
