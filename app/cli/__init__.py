"""The headless twin of the window, over app.core. Knows no Qt."""
