"""A program under full attention as a causal decoder: what it writes, in which words, and the graph that says so."""
