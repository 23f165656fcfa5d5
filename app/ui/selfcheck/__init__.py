"""The self-check: how much of the context the model in use can really use, measured and shown."""
