"""What transformers there are to compile to: plain data that lowering, audit and writers consult."""
