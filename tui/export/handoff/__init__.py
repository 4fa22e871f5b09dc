"""The handoff: one Markdown page for the next shift."""
