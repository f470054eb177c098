{% macro q(v) %}'{{ v | string | replace("'", "''") }}'{% endmacro %}
{% macro rows(sql) %}{% if execute %}{% set t = run_query(sql) %}{% set out = [] %}{% for r in t.rows %}{% do out.append(r.values() | list) %}{% endfor %}{{ return(out ~ ' ' ~ t.column_names) }}{% endif %}{% endmacro %}
