"""What commands do that train: `rasp train`, and `rasp compile --disguise superpose=K`."""
