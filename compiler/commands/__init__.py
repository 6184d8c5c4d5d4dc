"""What each subcommand of `rasp` does; `compiler/cli.py` declares them. Each returns an exit code."""
