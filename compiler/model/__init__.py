"""The decoder that runs weights, and models that are called on tokens. Only here and above is torch needed."""
