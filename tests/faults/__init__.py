"""Faults of the service, played against the dashboard and its writers: `python -m tests.faults`."""
