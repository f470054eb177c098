-- Every pair of scores must lead to exactly one segment, whatever was changed in the seed.
select recency.score as recency_score, value.score as value_score, count(segments.segment) as segments
from generate_series(1, 5) as recency(score)
cross join generate_series(1, 5) as value(score)
left join {{ ref('rfm_segments') }} as segments
    on recency.score between segments.recency_from and segments.recency_to
    and value.score between segments.value_from and segments.value_to
group by recency.score, value.score
having count(segments.segment) <> 1
