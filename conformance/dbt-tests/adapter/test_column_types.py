from suite import suite

globals().update(suite("column_types"))
