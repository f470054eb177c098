from suite import suite

globals().update(suite("unit_testing"))
