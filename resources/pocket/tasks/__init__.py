"""Generators of marked sources and questions: what the bundled model is trained on, and what it is judged by."""
