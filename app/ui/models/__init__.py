"""Choosing the model and how it is loaded, with what that takes of memory."""
