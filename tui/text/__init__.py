"""Text that is safe to show, and how values are written."""
