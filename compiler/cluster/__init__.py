"""Verification by many machines, and by several runs: batches are sent out, and what was found of them is kept."""
