"""One rewriting rule a file: before and after, why it is sound, what falls."""
