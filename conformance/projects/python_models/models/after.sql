select v.v, p.id, p.twice from {{ ref('versioned') }} v, {{ ref('from_pandas') }} p where p.id > {{ var('least') }}
