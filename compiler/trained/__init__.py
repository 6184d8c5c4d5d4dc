"""Models whose weights were trained in place of compiled: as folders, and as objects. Nothing about them is certified."""
