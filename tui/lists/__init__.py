"""The rows and columns of every list, used by screens and commands."""
