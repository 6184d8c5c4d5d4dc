"""Graph → values. `evaluate` is the only definition of what an op means."""
