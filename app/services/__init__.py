"""Bridges between Qt and the rest of the program: work off the window's thread, and child processes."""
