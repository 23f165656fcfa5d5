"""Logs: which of their records are read, chosen in a picture of records over time."""
