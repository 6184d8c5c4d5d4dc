"""Pictures of what attends to what: one model of a picture, and its text, SVG and DOT."""
