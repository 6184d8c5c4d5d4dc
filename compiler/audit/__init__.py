"""The proof: how far float32 carries every column, and whether each decision has its margin."""
