"""Tokens and prompts become text, checkpoints and measurements. Knows no documents and no Qt."""
