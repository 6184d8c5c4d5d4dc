"""Text → syntax tree, and what to say of a text that has none. Imports nothing but the ground floor."""
