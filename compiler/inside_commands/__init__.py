"""The commands that look inside of models, and their sizes as lines."""
