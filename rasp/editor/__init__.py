"""The language server: messages in, messages out; and colours for Pygments."""
