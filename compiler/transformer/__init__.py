"""The decoder that runs weights, what one sees and changes in it, and the arithmetic that it is exact in."""
