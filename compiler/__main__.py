"""`python -m compiler`: the whole command `rasp`."""

from compiler.cli import main

main()
