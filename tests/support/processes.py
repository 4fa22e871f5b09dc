"""Processes that tests start indirectly."""

from pathlib import Path


def is_running(process: int) -> bool:
    """Whether the process has not ended; a zombie has."""
    try:
        return ") Z" not in Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
