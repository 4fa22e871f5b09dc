"""Logs as text to print and to draw. Never imports textual."""
