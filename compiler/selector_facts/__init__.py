"""What is known of selectors: their normal form, how many positions they select, whether they order positions."""
