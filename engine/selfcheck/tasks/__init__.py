"""The tasks of the self-check, one to a module."""
