"""Findings and failed runs that the user has dismissed, kept in a file for the next session."""

import contextlib
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import msgspec

from store import Run
from store.times import EARLIEST
from tui.watch.findings.finding import Finding, Severity
from tui.watch.findings.state_file import Stamp, StateFile, Submit, Write

_VERSION = 1
# An acknowledgement that is older says nothing about what happens now.
_LONGEST = timedelta(days=30)


class Signature(msgspec.Struct, frozen=True):
    """The state of a finding that the user saw: cause, severity, number of tasks affected, time of the last event.

    `replaces` are the causes of findings that it took the place of.
    """

    cause: str
    severity: int
    count: int
    last: datetime | None = None
    replaces: tuple[str, ...] = ()

    @classmethod
    def for_finding(cls, finding: Finding) -> "Signature":
        """Return the signature of a finding as it is now."""
        return cls(finding.cause, finding.severity, finding.count, finding.last, finding.replaces)

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

        A muted finding stays dismissed until `muted_until`. Any other stays dismissed until it affects more tasks,
        becomes more severe or recurs.
        """
        if self.muted_until is not None:
            return at < self.muted_until
        return (
            now.count <= self.count
            and now.severity >= self.severity
            and (now.last or EARLIEST) <= (self.last or EARLIEST)
        )


class _File(msgspec.Struct):
    """The contents of the file. The keys are digests of causes, which may quote errors."""

    version: int = _VERSION
    acknowledged: dict[str, Acknowledgement] = msgspec.field(default_factory=dict)


class Acknowledgements:
    """The acknowledged findings of one table.

    `path` returns the file that keeps them; None keeps them in memory. The first use reads the file, and `reload` reads
    it again if another dashboard has written it since. `write` replaces a file as a whole, `submit` runs it in a
    thread: then `acknowledge` and `withdraw` return the write. Otherwise they raise OSError if the change is not kept.
    """

    def __init__(
        self, path: Callable[[], Path] | None = None, write: Write | None = None, submit: Submit | None = None
    ) -> None:
        self._state = StateFile(path, write, submit)
        self._known: dict[str, Acknowledgement] = {}

    def is_acknowledged(self, finding: Signature, now: datetime) -> bool:
        """Return whether the user has dismissed a finding, and it still is dismissed: see `Acknowledgement.covers`.

        A finding that took the place of others is dismissed with them, if it is about no other tasks.
        """
        if not self._state.is_opened:
            self.reload()
        known = self._known.get(_digest(finding.cause))
        if known is not None:
            return known.covers(finding, now)
        replaced = [each for cause in finding.replaces if (each := self._known.get(_digest(cause))) is not None]
        if not replaced:  # as most: a list asks for each cell
            return False
        tasks = sum(each.count for each in replaced)
        # The lease of a run expires up to two minutes after its host was terminated, which is not news.
        same = msgspec.structs.replace(finding, last=None)
        return any(msgspec.structs.replace(each, count=tasks).covers(same, now) for each in replaced)

    def acknowledge(self, finding: Signature, now: datetime, mute: timedelta | None = None) -> "Future[Stamp] | None":
        """Dismiss a finding until it affects more tasks, becomes more severe or recurs, or mute it for a time."""
        until = None if mute is None else now + mute
        self.reload()
        self._known[_digest(finding.cause)] = Acknowledgement(now, finding.severity, finding.count, finding.last, until)
        return self._save(now)

    def withdraw(self, finding: Signature, now: datetime) -> "Future[Stamp] | None":
        """Undo `acknowledge`."""
        self.reload()
        for cause in (finding.cause, *finding.replaces):
            self._known.pop(_digest(cause), None)
        return self._save(now)

    def reload(self) -> None:
        """Read the file if another dashboard has written it. Call it once per refresh, before findings are shown."""
        data = self._state.news()
        if data is not None:
            with contextlib.suppress(ValueError, RecursionError):  # msgspec's errors are ValueErrors
                self._known = msgspec.json.decode(data, type=_File).acknowledged

    def flush(self) -> OSError | None:
        """Wait until all changes are in the file; return the error of those that are not."""
        if self._state.wait() is not None:
            try:
                self._state.replace_now(self._content())
            except OSError as error:
                return error
        return None

    def _save(self, now: datetime) -> "Future[Stamp] | None":
        self._known = {key: known for key, known in self._known.items() if now - known.at < _LONGEST}
        return self._state.replace(self._content())

    def _content(self) -> bytes:
        return msgspec.json.format(msgspec.json.encode(_File(acknowledged=self._known)))


@lru_cache(maxsize=4096)  # a list of findings asks for each cell
def _digest(cause: str) -> str:
    import hashlib  # not needed for the first frame

    return hashlib.sha256(cause.encode("utf-8", "surrogatepass")).hexdigest()[:32]
