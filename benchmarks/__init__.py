"""Measurements of the interpreter and the compiler, beside those of others. Nothing here is installed."""
