"""The memory of failures: when each error was last seen, in which run and how that ended, and the notes of users."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from store import RunID
from tui.watch.findings.finding import Finding, FindingKind
from tui.watch.findings.state_file import Stamp, StateFile, Submit, Write
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import run_name

_VERSION = 1
# What is older says little about what happens now; the numbers bound the file to some 700 KB.
_LONGEST = timedelta(days=180)
_MOST_ERRORS = 1_000
_MOST_RUNS = 4
MOST_NOTE = 500
"""The most characters of a note that are kept."""

# A memory that is younger cannot tell that an error is new.
_YOUNGEST = timedelta(hours=1)
# Between two writes of the file.
_PAUSE = timedelta(minutes=1)


class Sighting(msgspec.Struct, frozen=True):
    """A run in which an error was seen: when last, in how many flows, and the state of the run then."""

    run: str
    name: str
    last: datetime
    count: int
    state: str


class Note(msgspec.Struct, frozen=True):
    """A line that a user wrote about an error, and when. `reason` is the finding that it was written about."""

    text: str
    at: datetime
    reason: str = ""


class _MemoryFile(msgspec.Struct):
    version: int = _VERSION
    seen: dict[str, list[Sighting]] = msgspec.field(default_factory=dict)  # by id of the finding, the latest run first
    notes: dict[str, Note] = msgspec.field(default_factory=dict)
    reasons: dict[str, str] = msgspec.field(default_factory=dict)  # by id, the latest reason of the finding
    since: datetime | None = None  # when it began, or the last sighting of what it had no room for


class FindingMemory:
    """The memory of the failures of one table.

    An error is known by the id of its finding: a digest of ident, kind of error and message without numbers, ids and
    paths. `path` returns the file that keeps it; None keeps it in memory. `write` replaces a file as a whole. `submit`
    runs a function in a thread, so that `observe` and `set_note` do not wait for the disk; `flush` does.
    """

    def __init__(
        self, path: Callable[[], Path] | None = None, write: Write | None = None, submit: Submit | None = None
    ) -> None:
        self._state = StateFile(path, write, submit)
        self._file = _MemoryFile()
        self._has_new_notes = False  # since the last write that did not fail
        self._changed: dict[str, list[Sighting]] = {}  # not yet in the file, like `_reasons`
        self._reasons: dict[str, str] = {}
        self._since: datetime | None = None  # of a memory that is not in a file yet
        self._written: datetime | None = None

    def before(self, finding: Finding) -> Sighting | None:
        """Return the last run in which the error of a finding was seen before its first failure; None without one."""
        now = {str(task.run_id) for task in finding.tasks}
        began = finding.first
        others = (each for each in self._sightings(finding.id) if each.run not in now)
        return next((each for each in others if began is None or each.last < began), None)

    def times(self, finding: Finding) -> int:
        """Return the number of runs kept in which the error of a finding was seen."""
        return len(self._sightings(finding.id))

    def watched_before(self, finding: Finding) -> timedelta | None:
        """Return for how long before its first failure the error of a finding was looked for and not seen.

        Return None if it was seen, and if the memory cannot tell: it was off, or younger than an hour, or so many runs
        have the error now that it has no room for earlier ones.
        """
        seen, since = {each.run for each in self._sightings(finding.id)}, self._began()
        now = {str(task.run_id) for task in finding.tasks}
        if since is None or finding.first is None or len(seen) >= _MOST_RUNS or not seen <= now:
            return None
        span = min(finding.first - since, _LONGEST)
        return span if span >= _YOUNGEST else None

    def note(self, id: str) -> Note | None:
        """Return the note about the error with the id of a finding, or None."""
        return self._loaded.notes.get(id)

    def notes(self) -> Iterator[tuple[str, Note]]:
        """Yield all notes with the ids of their findings, the newest first."""
        yield from sorted(self._loaded.notes.items(), key=lambda each: each[1].at, reverse=True)

    def reason(self, id: str) -> str:
        """Return the reason of the finding with this id when it was last seen; empty if it is not known."""
        note = self.note(id)
        return self._reasons.get(id) or self._loaded.reasons.get(id) or ("" if note is None else note.reason)

    def find(self, prefix: str) -> list[str]:
        """Return the known ids that begin with `prefix`."""
        known = {*self._loaded.seen, *self._loaded.notes, *self._changed}
        return sorted(id for id in known if id.startswith(prefix))

    def set_note(self, id: str, text: str, now: datetime, reason: str = "") -> "Future[Stamp] | None":
        """Attach a line of text to an error; an empty one removes the note.

        Returns the write in the thread, if there is one. Without one, raises OSError if the note is not kept.
        """
        self.reload()
        text = " ".join(_encodable(text).split())[:MOST_NOTE]
        if text:
            self._file.notes[id] = Note(text, now, _encodable(reason))
        else:
            self._file.notes.pop(id, None)
        self._has_new_notes = True
        return self._state.replace(self._content(now))

    def observe(self, cluster: Cluster, findings: Iterable[Finding]) -> None:
        """Remember the failures among the findings of a refresh, and write them now and then.

        A file that cannot be written is no reason to stop: what was seen stays in memory.
        """
        now = cluster.as_of
        if self._began() is None:
            self._since = now
        for finding in findings:
            if finding.kind is FindingKind.FAILING:
                self._observe(cluster, finding)
        is_due = self._written is None or now - self._written >= _PAUSE
        if self._has_news() and is_due and not self._state.is_writing:
            self._finish_write()
            self._written = now
            with contextlib.suppress(OSError):
                self.reload()
                self._state.replace(self._content(now))

    def flush(self, now: datetime) -> OSError | None:
        """Write what is not yet in the file, and wait until it is written; return the error that lost a note."""
        if self._finish_write() is not None or self._has_news():
            self._written = now
            try:
                self.reload()
                self._state.replace_now(self._content(now))
            except OSError as error:
                return error if self._has_new_notes else None
        self._has_new_notes = False
        return None

    def reload(self) -> None:
        """Read the file, if another process has written it since."""
        data = self._state.news()
        if data is not None:
            with contextlib.suppress(ValueError, RecursionError):  # keep the memory if the file cannot be read
                self._file = msgspec.json.decode(data, type=_MemoryFile)

    def _finish_write(self) -> OSError | None:
        """Wait for the writes under way; return the error of the last write, or None if the file has all notes."""
        error = self._state.wait()
        if error is None:
            self._has_new_notes = False
        return error

    def _observe(self, cluster: Cluster, finding: Finding) -> None:
        counts: dict[RunID, tuple[int, datetime]] = {}
        reason = _encodable(finding.reason)[:MOST_NOTE]
        for task in finding.tasks:
            count, last = counts.get(task.run_id, (0, task.end or cluster.as_of))
            counts[task.run_id] = count + 1, max(last, task.end or last)
        for id, (count, last) in counts.items():
            run = cluster.run(id)
            name = "" if run is None else run_name(run)
            state = "" if run is None else str(cluster.run_state(id))
            seen = Sighting(str(id), _encodable(name)[:100], last, count, state)
            known = self._sightings(finding.id)
            if seen not in known or reason != self.reason(finding.id):
                self._changed[finding.id] = _merged(known, [seen])
                self._reasons[finding.id] = reason

    def _has_news(self) -> bool:
        return bool(self._changed) or self._since is not None

    def _began(self) -> datetime | None:
        """Return when the memory began; the file of an older version does not tell, so take its first sighting."""
        file = self._loaded
        if file.since is not None or self._since is not None:
            return file.since or self._since
        return min((each.last for some in file.seen.values() for each in some), default=None)

    def _sightings(self, id: str) -> list[Sighting]:
        return self._changed.get(id) or self._loaded.seen.get(id, [])

    @property
    def _loaded(self) -> _MemoryFile:
        if not self._state.is_opened:
            self.reload()
        return self._file

    def _content(self, now: datetime) -> bytes:
        """Return the content of the file with what was seen since."""
        seen = self._file.seen
        for id, sightings in self._changed.items():
            seen[id] = _merged(seen.get(id, []), sightings)
        self._changed.clear()
        self._file.reasons.update(self._reasons)
        self._reasons.clear()
        recent = {id: [each for each in some if now - each.last < _LONGEST] for id, some in seen.items()}
        known = ((id, some) for id, some in recent.items() if some)
        latest = sorted(known, key=lambda each: each[1][0].last, reverse=True)
        self._file.since, self._since = self._began(), None
        if len(latest) > _MOST_ERRORS and self._file.since is not None:
            self._file.since = max(self._file.since, latest[_MOST_ERRORS][1][0].last)
        self._file.seen = dict(latest[:_MOST_ERRORS])
        reasons = self._file.reasons
        self._file.reasons = {id: reasons[id] for id in self._file.seen if id in reasons}
        return msgspec.json.format(msgspec.json.encode(self._file))


def _encodable(text: str) -> str:
    """Return a text without halves of surrogate pairs, which a row may hold and JSON cannot."""
    return text.encode("utf-8", "replace").decode()


def _merged(known: Iterable[Sighting], news: Iterable[Sighting]) -> list[Sighting]:
    """Return the sightings of both, the newer one of each run, the latest run first."""
    by_run = {each.run: each for each in known} | {each.run: each for each in news}
    return sorted(by_run.values(), key=lambda each: each.last, reverse=True)[:_MOST_RUNS]
