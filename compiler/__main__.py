"""`python -m compiler`: the whole command `rasp`."""

from compiler.start import main

main()
