"""Which edges between the parts of a model its answers need, and pairs of inputs that tell."""
