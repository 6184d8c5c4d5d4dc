"""TABLE of what `--emit` prints. Imports nothing, so that the command line can list it."""

TEXT_STAGES = {
    "tokens": "the program's tokens, one a line",
    "tree": "its syntax tree, as the formatter lays it out",
}
"""What is known of a text alone."""
GRAPH_STAGES = {
    "graph": "the outputs as a graph of s-ops, as the program has them",
    "total": "the graph after every choice has a value in both branches",
    "rewritten": "the graph after the rules of the optimisation level",
}
"""What is known before anything is lowered."""
MODEL_STAGES = {
    "domains": "the values that attention results and outputs can have",
    "plan": "layer by layer the heads and look-ups, and what each reads",
    "layout": "what each residual column carries and holds",
    "bounds": "error bounds, and the tightest decision",
    "weights": "the arrays: shapes, how many entries are not zero, the largest",
    "explain": "where each s-op went and what it costs",
}
STAGES = TEXT_STAGES | GRAPH_STAGES | MODEL_STAGES
ALL = "all"
