"""What commands share, and the commands that need only the language."""
