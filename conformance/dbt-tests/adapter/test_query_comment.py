from suite import suite

globals().update(suite("query_comment"))
