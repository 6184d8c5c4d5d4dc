"""What is known of each s-op for one vocabulary and length: domains, tables, facts."""
