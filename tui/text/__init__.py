"""Texts that are safe to show: `safe` is the one door for untrusted text; the other modules write values."""
