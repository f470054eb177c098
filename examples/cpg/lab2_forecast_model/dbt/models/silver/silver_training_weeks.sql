-- The weeks that the methods may see when they are put to the test.
select * from {{ ref('silver_weekly_units') }}
where weeks_from_end > {{ var('holdout_weeks') }}
