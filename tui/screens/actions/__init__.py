"""Actions that several screens share."""
