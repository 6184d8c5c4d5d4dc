"""A model against the interpreter, and a checkpoint against its program."""
