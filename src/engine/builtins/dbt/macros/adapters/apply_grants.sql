{# Grants. DuckDB answers apply_grants with a warning; the rest exists for projects that override parts of it. #}

{% macro copy_grants() %}{% do return(adapter.dispatch('copy_grants', 'dbt')()) %}{% endmacro %}
{% macro default__copy_grants() %}{% do return(true) %}{% endmacro %}

{% macro support_multiple_grantees_per_dcl_statement() %}{% do return(adapter.dispatch('support_multiple_grantees_per_dcl_statement', 'dbt')()) %}{% endmacro %}
{% macro default__support_multiple_grantees_per_dcl_statement() %}{% do return(true) %}{% endmacro %}

{# A new object has nothing to revoke; an object that is only added to keeps its grants for sure. #}
{% macro should_revoke(existing_relation, full_refresh_mode=True) %}
  {% do return(false if not existing_relation else (copy_grants() if full_refresh_mode else true)) %}
{% endmacro %}

{% macro get_show_grant_sql(relation) %}{% do return(adapter.dispatch('get_show_grant_sql', 'dbt')(relation)) %}{% endmacro %}
{% macro default__get_show_grant_sql(relation) %} show grants on {{ relation.render() }} {% endmacro %}

{% macro get_grant_sql(relation, privilege, grantees) %}{% do return(adapter.dispatch('get_grant_sql', 'dbt')(relation, privilege, grantees)) %}{% endmacro %}
{% macro default__get_grant_sql(relation, privilege, grantees) -%}
  grant {{ privilege }} on {{ relation.render() }} to {{ grantees | join(', ') }}
{%- endmacro %}

{% macro get_revoke_sql(relation, privilege, grantees) %}{% do return(adapter.dispatch('get_revoke_sql', 'dbt')(relation, privilege, grantees)) %}{% endmacro %}
{% macro default__get_revoke_sql(relation, privilege, grantees) -%}
  revoke {{ privilege }} on {{ relation.render() }} from {{ get_quoted_csv(grantees) }}
{%- endmacro %}

{% macro get_dcl_statement_list(relation, grant_config, get_dcl_macro) %}{% do return(adapter.dispatch('get_dcl_statement_list', 'dbt')(relation, grant_config, get_dcl_macro)) %}{% endmacro %}
{% macro default__get_dcl_statement_list(relation, grant_config, get_dcl_macro) %}
  {% set statements = [] %}
  {% set together = support_multiple_grantees_per_dcl_statement() %}
  {% for privilege, grantees in grant_config.items() %}
    {% for group in ([grantees] if together and grantees else grantees | batch(1)) %}
      {% do statements.append(get_dcl_macro(relation, privilege, group)) %}
    {% endfor %}
  {% endfor %}
  {% do return(statements) %}
{% endmacro %}

{% macro call_dcl_statements(dcl_statement_list) %}{% do return(adapter.dispatch('call_dcl_statements', 'dbt')(dcl_statement_list)) %}{% endmacro %}
{% macro default__call_dcl_statements(dcl_statement_list) %}
  {% call statement('grants') %}
    {% for sql in dcl_statement_list %}{{ sql }};
    {% endfor %}
  {% endcall %}
{% endmacro %}

{% macro apply_grants(relation, grant_config, should_revoke) %}{% do return(adapter.dispatch('apply_grants', 'dbt')(relation, grant_config, should_revoke)) %}{% endmacro %}
{% macro default__apply_grants(relation, grant_config, should_revoke=True) %}
  {% if not grant_config %}{% do return('') %}{% endif %}
  {% set missing, surplus = grant_config, {} %}
  {% if should_revoke %}
    {% set current = adapter.standardize_grants_dict(run_query(get_show_grant_sql(relation))) %}
    {% set missing = diff_of_two_dicts(grant_config, current) %}
    {% set surplus = diff_of_two_dicts(current, grant_config) %}
    {% if not missing and not surplus %}
      {% do log('On ' ~ relation.render() ~ ': All grants are in place, no revocation or granting needed.') %}
    {% endif %}
  {% endif %}
  {% if missing or surplus %}
    {% set statements = get_dcl_statement_list(relation, surplus, get_revoke_sql)
                        + get_dcl_statement_list(relation, missing, get_grant_sql) %}
    {% if statements %}{% do call_dcl_statements(statements) %}{% endif %}
  {% endif %}
{% endmacro %}
