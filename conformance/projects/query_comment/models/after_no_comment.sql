select * from {{ ref('no_comment') }}
