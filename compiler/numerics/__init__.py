"""Floating-point arithmetic in numbers; no programs, no weights."""
