"""The JSON forms of all that is told to machines: types only."""
