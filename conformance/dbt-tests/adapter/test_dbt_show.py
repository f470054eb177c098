from suite import suite

globals().update(suite("dbt_show"))
