"""Pollers for tests."""

from datetime import timedelta

SECOND = timedelta(seconds=1)


INTERVAL = 5 * SECOND
