"""Syntax tree → s-op graph: everything that is not a sequence is run and gone afterwards."""
