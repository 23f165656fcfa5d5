"""The list of sources: what takes part, what it costs, what is wrong with it."""
