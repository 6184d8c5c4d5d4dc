"""`rasp serve`: the playground, a page in the browser and the server behind it, on this machine alone."""
