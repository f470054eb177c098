{# What is added to a Python model's source, so that its `dbt` argument can answer ref(), source(), config and this. #}

{% macro resolve_model_name(input_model_name) %}{% do return(adapter.dispatch('resolve_model_name', 'dbt')(input_model_name)) %}{% endmacro %}
{% macro default__resolve_model_name(input_model_name) %}{% do return(input_model_name | string) %}{% endmacro %}

{# Refs by their dotted arguments, with the version last. ref() may be overridden to give text. #}
{% macro build_ref_function(model) %}
{%- set tables = {} -%}
{%- for wanted in model.refs -%}
  {%- set key = [wanted['package'], wanted['name']] if wanted.get('package') else [wanted['name']] -%}
  {%- set relation = ref(*key, v=wanted.get('version')) -%}
  {%- if wanted.get('version') %}{% do key.append('v' ~ wanted['version']) %}{% endif -%}
  {%- set is_relation = relation.render is defined and relation.render is callable -%}
  {%- do tables.update({key | join('.'): resolve_model_name(relation.render() if is_relation else relation)}) -%}
{%- endfor %}
_dbt_refs = {{ tables | tojson }}

def ref(*names, dbt_load_df_function=None, v=None, version=None):
    version = v or version
    parts = names if not version else (*names, f"v{version}")
    return dbt_load_df_function(_dbt_refs[".".join(parts)])
{% endmacro %}

{% macro build_source_function(model) %}
{%- set tables = {} -%}
{%- for wanted in model.sources %}{% do tables.update({wanted | join('.'): resolve_model_name(source(*wanted))}) %}{% endfor %}
_dbt_sources = {{ tables | tojson }}

def source(*names, dbt_load_df_function):
    return dbt_load_df_function(_dbt_sources[".".join(names)])
{% endmacro %}

{# Only the keys that the model's code asks for, found when it was parsed. #}
{% macro build_config_dict(model) %}
{%- set settings, meta = {}, {} -%}
{%- for key, fallback in zip(model.config.config_keys_used, model.config.config_keys_defaults) or [] -%}
  {%- do settings.update({key: model.config.get(key, fallback)}) -%}
{%- endfor -%}
{%- if model.config.meta_keys_used -%}
  {%- for key, fallback in zip(model.config.meta_keys_used, model.config.meta_keys_defaults) -%}
    {%- do meta.update({key: (model.config.meta or {}).get(key, fallback)}) -%}
  {%- endfor -%}
{%- endif %}
config_dict = {{ settings }}
meta_dict = {{ meta }}
{% endmacro %}

{% macro py_script_postfix(model) %}

# Added to the model above so that it can be run: what its `dbt` argument knows.
{{ build_ref_function(model) }}
{{ build_source_function(model) }}
{{ build_config_dict(model) }}

class config:
    def __init__(self, *args, **kwargs):
        pass

    @staticmethod
    def get(key, default=None):
        return config_dict.get(key, default)

    @staticmethod
    def meta_get(key, default=None):
        return meta_dict.get(key, default)


class this:
    """The relation that this model becomes."""

    database = "{{ this.database }}"
    schema = "{{ this.schema }}"
    identifier = "{{ this.identifier }}"

    def __repr__(self):
        return '{{ resolve_model_name(this) }}'


class dbtObj:
    def __init__(self, load_df_function) -> None:
        self.ref = lambda *names, **options: ref(*names, **options, dbt_load_df_function=load_df_function)
        self.source = lambda *names: source(*names, dbt_load_df_function=load_df_function)
        self.config = config
        self.this = this()
        self.is_incremental = {{ is_incremental() }}

{{ py_script_comment() }}
{% endmacro %}

{# For adapters that want to say how the code can be run by hand. #}
{% macro py_script_comment() %}{% endmacro %}
