"""What a person sees: one folder per panel. Reaches the rest of the program through app.services only for work."""
