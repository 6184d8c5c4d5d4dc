"""What a page asks about a program while it is typed: colours, complaints, values, pictures, lessons."""
