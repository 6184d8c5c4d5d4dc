"""Graph → blocks: which heads and look-ups, reading which linear forms."""
