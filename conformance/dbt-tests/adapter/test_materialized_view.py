from suite import suite

globals().update(suite("materialized_view"))
