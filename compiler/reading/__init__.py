"""What can be read of an s-op by a linear form, without an MLP: features, sums, digits, counted positions, quotients."""
