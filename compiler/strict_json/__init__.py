"""JSON data and back, strictly: what is read is what would have been written, or a `ValueError`."""
