"""Rows in forms for other programs and people."""
