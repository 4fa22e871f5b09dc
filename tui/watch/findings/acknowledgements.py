"""Findings and failed runs that the user has dismissed, kept in a file for the next session."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import msgspec

from store import Run
from store.regular_file import read_regular_file
from tui.watch.findings.finding import NEVER, Finding, Severity

_VERSION = 1
# An acknowledgement that is older says nothing about what happens now.
_LONGEST = timedelta(days=30)
_LARGEST = 16 << 20  # bytes of a file that is read; one of ours has 100 for each finding


class Signature(msgspec.Struct, frozen=True):
    """The state of a finding that the user saw: cause, severity, number of tasks affected, time of the last event."""

    cause: str
    severity: int
    count: int
    last: datetime | None = None

    @classmethod
    def for_finding(cls, finding: Finding) -> "Signature":
        """Return the signature of a finding as it is now."""
        return cls(finding.cause, finding.severity, finding.count, finding.last)

    @classmethod
    def for_run(cls, run: Run, failed_flows: int) -> "Signature":
        """Return the signature of a run that has ended as failed."""
        return cls(f"ended:{run.id.hex}", Severity.CRITICAL, failed_flows, run.end)


class Acknowledgement(msgspec.Struct, frozen=True):
    """The state of a finding when the user acknowledged it, and until when it is muted, if it is."""

    at: datetime
    severity: int
    count: int
    last: datetime | None = None
    muted_until: datetime | None = None

    def covers(self, now: Signature, at: datetime) -> bool:
        """Return whether the finding is still dismissed at the time `at`.

        A muted one is until then, whatever happens; another one until it affects more, grows worse or happens again.
        """
        if self.muted_until is not None:
            return at < self.muted_until
        return now.count <= self.count and now.severity >= self.severity and (now.last or NEVER) <= (self.last or NEVER)


class _File(msgspec.Struct):
    """The contents of the file. The keys are digests of causes, which may quote errors."""

    version: int = _VERSION
    acknowledged: dict[str, Acknowledgement] = msgspec.field(default_factory=dict)


class Acknowledgements:
    """The acknowledged findings of one table.

    `path` returns the file that keeps them; None keeps them in memory. The first use reads the file, and `reload` reads
    it again if another dashboard has written it since.
    """

    def __init__(self, path: Callable[[], Path] | None = None) -> None:
        self._find_path = path
        self._path: Path | None = None
        self._stamp: tuple[int, int] | None = None
        self._known: dict[str, Acknowledgement] = {}

    def is_acknowledged(self, finding: Signature, now: datetime) -> bool:
        """Return whether the user has dismissed a finding, and nothing about it got worse since."""
        if self._path is None:
            self.reload()
        known = self._known.get(_key(finding))
        return known is not None and known.covers(finding, now)

    def acknowledge(self, finding: Signature, now: datetime, mute: timedelta | None = None) -> None:
        """Dismiss a finding until it grows or regresses, or mute it for a time. Raises OSError if that is not kept."""
        until = None if mute is None else now + mute
        self.reload()
        self._known[_key(finding)] = Acknowledgement(now, finding.severity, finding.count, finding.last, until)
        self._save(now)

    def withdraw(self, finding: Signature, now: datetime) -> None:
        """Undo `acknowledge`. Raises OSError if that is not kept."""
        self.reload()
        self._known.pop(_key(finding), None)
        self._save(now)

    def reload(self) -> None:
        """Read the file if another dashboard has written it. Call it once per refresh, before findings are shown."""
        if self._find_path is None:
            return
        if self._path is None:
            self._path = self._find_path()
        try:
            stat = self._path.stat()
            stamp = stat.st_mtime_ns, stat.st_size
            if stamp != self._stamp:
                self._known = msgspec.json.decode(read_regular_file(self._path, _LARGEST), type=_File).acknowledged
                self._stamp = stamp
        except (OSError, ValueError, RecursionError):  # msgspec's errors are ValueErrors
            return  # what is in memory holds; `_save` replaces a file that cannot be read

    def _save(self, now: datetime) -> None:
        if self._path is None:
            return
        import tempfile  # not needed for the first frame

        self._known = {key: known for key, known in self._known.items() if now - known.at < _LONGEST}
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)  # readable by the user alone
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(_File(acknowledged=self._known))))
            Path(name).replace(self._path)
        except OSError:
            Path(name).unlink()
            raise
        stat = self._path.stat()
        self._stamp = stat.st_mtime_ns, stat.st_size


def _key(finding: Signature) -> str:
    return _digest(finding.cause)


@lru_cache(maxsize=4096)  # a list of findings asks for each cell
def _digest(cause: str) -> str:
    import hashlib  # not needed for the first frame

    return hashlib.sha256(cause.encode("utf-8", "surrogatepass")).hexdigest()[:32]
