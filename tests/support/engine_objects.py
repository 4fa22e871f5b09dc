"""Objects that the engine writes."""

from datetime import UTC, datetime

TIME = datetime(2026, 11, 1, 12, tzinfo=UTC)
