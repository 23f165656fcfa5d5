"""Colours, sizes and type of the window, for light, dark and high contrast."""
