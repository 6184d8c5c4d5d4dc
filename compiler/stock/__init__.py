"""Plain weights as those of model families that other software runs. numpy only."""
