from suite import suite

globals().update(suite("persist_docs"))
