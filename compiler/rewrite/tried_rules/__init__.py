"""RULES that make some models smaller and others larger: tried on each program in which they fire, one a file."""
