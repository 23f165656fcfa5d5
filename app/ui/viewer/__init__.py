"""The panel that shows evidence: real pages, code, logs and texts, with the cited passage marked."""
