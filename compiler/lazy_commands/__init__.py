"""What each command is told. What it does is imported when it runs, so that no command waits for another's torch."""
