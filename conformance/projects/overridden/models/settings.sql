{{ config(materialized='table', alias='of_the_project') }}
{% set project = adapter.config %}
select
  '{{ project.project_name }}' as project,
  '{{ project.target_name }}' as target,
  {{ project.quoting.identifier }} as quoted,
  '{{ project.model_paths | join(",") }} {{ project.seed_paths | join(",") }}' as paths,
  '{{ project.credentials.schema }}' as schema_of_target
