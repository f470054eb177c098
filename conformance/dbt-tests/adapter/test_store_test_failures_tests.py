from suite import suite

globals().update(suite("store_test_failures_tests"))
