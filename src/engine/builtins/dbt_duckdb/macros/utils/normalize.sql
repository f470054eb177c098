{# A config that may be one string or several, as a list. #}
{% macro normalize_string_or_list(raw, field_name) %}
  {% if raw is none %}{% do return([]) %}{% endif %}
  {% if raw is string %}{% do return([raw]) %}{% endif %}
  {% if raw is mapping or raw is not sequence %}
    {% do exceptions.raise_compiler_error(field_name ~ ' must be a list of strings or a string') %}
  {% endif %}
  {% if raw | reject('string') | list %}
    {% do exceptions.raise_compiler_error(field_name ~ ' list values must be non-empty strings') %}
  {% endif %}
  {% do return(raw | list) %}
{% endmacro %}
