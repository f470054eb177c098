{# Fails for values below zero, and for zero unless it is allowed. #}
{% test positive(model, column_name, zero=false) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} {{ '<' if zero else '<=' }} 0
{% endtest %}
