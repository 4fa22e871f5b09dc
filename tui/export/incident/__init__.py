"""What is known of some runs, for others to read: as Markdown, and as JSON."""
