"""Float32 arithmetic in numbers; no programs, no weights."""
