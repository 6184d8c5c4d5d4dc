"""What layers are made of, before there are layers: linear forms, staircases, heads and look-ups."""
