"""The commands that write models for other software."""
