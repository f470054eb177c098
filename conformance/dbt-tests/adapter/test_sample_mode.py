from suite import suite

globals().update(suite("sample_mode"))
