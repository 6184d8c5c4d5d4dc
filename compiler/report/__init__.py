"""What a compiled model is made of, in words and as data."""
