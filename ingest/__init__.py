"""A dropped path becomes documents with exact source spans. Knows no model, no engine and no Qt."""
