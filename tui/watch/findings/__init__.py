"""Findings: rows that deserve the user's attention, and why."""
