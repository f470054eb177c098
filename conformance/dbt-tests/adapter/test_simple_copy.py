from suite import suite

globals().update(suite("simple_copy"))
