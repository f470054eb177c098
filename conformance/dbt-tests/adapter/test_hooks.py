from suite import suite

globals().update(suite("hooks"))
