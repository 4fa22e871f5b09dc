"""The fixtures of recording tests."""

from tests.support.recording_files import opened, path, recording

__all__ = ["opened", "path", "recording"]
