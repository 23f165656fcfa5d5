"""Questions and answers: composer, streaming text, citation chips, passages."""
