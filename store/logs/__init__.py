"""Logs of tasks and runs: where they live and how they are read."""
