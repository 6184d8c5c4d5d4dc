"""Which values s-ops can have, alone and together, and the questions that analyses ask of each other."""
