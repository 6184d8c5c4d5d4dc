"""How weights are written to disk. A format changes bytes, never what is computed."""
