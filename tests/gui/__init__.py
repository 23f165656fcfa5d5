"""The real window, offscreen, over the real engine, real files and a real session file."""
