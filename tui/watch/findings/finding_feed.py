"""The changes of findings from one refresh to the next: what appeared, grew, or was resolved."""

import enum
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from tui.watch.findings.finding import Finding


class FindingChange(enum.StrEnum):
    """The kind of a change of a finding."""

    APPEARED = "appeared"
    GREW = "grew"  # it affects more tasks than ever before, or is more severe
    RESOLVED = "resolved"


class FindingEvent(NamedTuple):
    """A change of a finding; `before` is its previous count. A resolved finding has its last state."""

    change: FindingChange
    finding: Finding
    before: int = 0


class FindingFeed:
    """Compares the findings of successive refreshes and reports each change once."""

    def __init__(self) -> None:
        self._known: dict[str, Finding] = {}
        self._most: dict[str, tuple[int, int]] = {}  # the severity and count that were reported

    def compare(
        self, findings: Iterable[Finding], is_read: Callable[[Finding], bool] = lambda _: True
    ) -> list[FindingEvent]:
        """Return the changes since the previous call, resolved findings last.

        A finding appears, or grows, only if `is_read` returns true: all of its rows have been read.
        """
        now = {finding.cause: finding for finding in findings}
        events = [*self._grown(now, is_read), *self._resolved(now)]
        self._known = {cause: finding for cause, finding in now.items() if cause in self._most}
        return events

    def _grown(self, now: dict[str, Finding], is_read: Callable[[Finding], bool]) -> Iterator[FindingEvent]:
        for cause, finding in now.items():
            if not is_read(finding):
                continue
            if cause not in self._most:
                self._most[cause] = int(finding.severity), finding.count
                yield FindingEvent(FindingChange.APPEARED, finding)
                continue
            severity, count = self._most[cause]
            if finding.severity < severity or finding.count > count:
                self._most[cause] = min(int(finding.severity), severity), max(finding.count, count)
                yield FindingEvent(FindingChange.GREW, finding, count)

    def _resolved(self, now: dict[str, Finding]) -> Iterator[FindingEvent]:
        for cause, finding in self._known.items():
            if cause not in now:
                self._most.pop(cause)
                yield FindingEvent(FindingChange.RESOLVED, finding, finding.count)
