"""Joins ingest and engine: workspace, budget, prompt, citations, search, sessions. Knows no Qt."""
