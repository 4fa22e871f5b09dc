"""Reading the table: what, when, at which cost."""
