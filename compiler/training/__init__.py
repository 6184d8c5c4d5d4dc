"""Training transformers of the compiled shape on what the interpreter answers. Nothing here is certified."""
