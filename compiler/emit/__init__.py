"""Plan and layout → weights."""
