"""What is allowed but doubtful in a program."""
