from suite import suite

globals().update(suite("python_model"))
