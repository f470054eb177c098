select id, 'fresh' as origin from {{ source('raw', 'fresh') }}
union all select id, 'lake' from {{ source('lake', 'lake') }}
union all select id, kind from {{ source('lake', 'events') }}
union all select id, 'old' from {{ source('lake', 'oldstyle') }}
union all select id, 'tmpl' from {{ source('lake', 'template') }}
union all select id, '{{ source("quoted", "odd") }}' from {{ source('quoted', 'odd') }}
union all select id, '{{ source("quoted", "plain").render() }}' from {{ source('quoted', 'plain') }}
