"""Options that several commands share, and those of which a command has many. Light, since the command line loads them."""
