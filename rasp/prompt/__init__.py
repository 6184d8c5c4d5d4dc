"""The interactive prompt: what a line does, how it is shown, and what a terminal needs."""
