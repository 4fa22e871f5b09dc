"""Rows in forms for other programs and people: JSON, texts to copy, shell commands, incident bundles."""
