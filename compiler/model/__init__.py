"""Models that one calls on tokens: ours, and those that other software runs."""
