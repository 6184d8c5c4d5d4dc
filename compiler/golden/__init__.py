"""Models that test engines: exact answers, one feature each."""
