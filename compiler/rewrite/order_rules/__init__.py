"""RULES that do without orders where these are costly: below `best` and means, one a file."""
