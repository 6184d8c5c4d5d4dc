"""The s-op graph: its nodes, the elementwise primitives, its text, and what it costs. Syntax is not known here."""
