"""Comparisons as sums of products: a matrix over values of queries and keys, factored into few columns."""
