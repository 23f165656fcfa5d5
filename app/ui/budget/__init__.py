"""The budget: one bar for the whole context, always in sight."""
