"""A page that shows a model: source, heads, residual, weights, answers, for any input."""
