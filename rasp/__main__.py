"""`python -m rasp`."""

from rasp.cli import main

main()
