"""Blocks → layers → residual columns."""
