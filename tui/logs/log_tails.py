"""The last lines of the stderr of tasks, each read once."""

import asyncio
import itertools
import re
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from store import Digest, Error, Task, TaskDB
from tui.logs import provenance
from tui.logs.failed_task_texts import read_stderr
from tui.logs.line_text import plain
from tui.logs.lines import LogLine
from tui.logs.sgr import PLAIN, pen_after
from tui.text.redaction import redact
from tui.watch.polling.budget import Budget

# A description of the log and its last page: two requests of $0.40 per million, where a million RCU cost $0.125.
COST = 6.5  # RCU
_MOST = 64  # tails kept
_AGAIN = timedelta(minutes=1)
# The group and the stream of a log, at the end of a reason.
_ADDRESS = re.compile(r": \S+ [^\s/]+/[^\s/]+/std(?:err|out)\Z")


class LogTail(NamedTuple):
    """The last lines of a log, redacted, as of `read`; if there are none, `reason` says why."""

    lines: Sequence[LogLine]
    reason: str
    read: datetime

    @property
    def last_line(self) -> str:
        """The last line that is not blank, without colours, else the reason. Not yet safe to show."""
        texts = (plain(line.text).strip() for line in reversed(self.lines))
        reason = _ADDRESS.sub("", self.reason)  # its digests would take three lines of a terminal
        return next(filter(None, texts), reason or "the log has only blank lines")


async def read_tail(db: TaskDB, task: Task, now: datetime) -> LogTail:
    """Return the end of the stderr of an ended or lost task, masked. A failure is the reason in the result."""
    try:
        data, _, reason = await read_stderr(db, task, now)
    except Error as error:
        data, reason = None, redact(provenance.explain_missing(error, task, now))
    # Only the host of the task may have ended: the task itself still counts as live, but will write nothing.
    reason = reason.replace(provenance.NOTHING_YET, "nothing was written", 1)
    lines = _split(data) if data else []
    return LogTail(lines, reason or ("" if lines else "stderr is empty"), now)


class LogTails:
    """Reads the stderr of ended and lost tasks, and keeps what it read last."""

    def __init__(self) -> None:
        self._tails: OrderedDict[Digest, LogTail] = OrderedDict()
        self._reading: dict[Digest, asyncio.Event] = {}  # set when the read of a task has ended

    def get(self, task: Task) -> LogTail | None:
        """Return the tail that was read for a task; None if none was read."""
        return self._tails.get(task.id)

    def is_due(self, task: Task, now: datetime) -> bool:
        """Return whether to read the stderr of a task; after a failed read or if it may grow, again after a minute."""
        known = self._tails.get(task.id)
        return known is None or ((bool(known.reason) or task.end is None) and now - known.read >= _AGAIN)

    def is_reading(self, task: Task) -> bool:
        """Return whether the stderr of a task is being read."""
        return task.id in self._reading

    def is_affordable(self, budget: Budget, now: datetime) -> bool:
        """Return whether another read keeps the rate of the last minute within the budget."""
        return budget.rate(now) + COST / 60 <= budget.limit

    async def read(self, db: TaskDB, task: Task, budget: Budget, now: datetime) -> LogTail:
        """Read the end of the stderr of a task, or wait for a read of it that is under way.

        A failure is the reason in the result.
        """
        while (under_way := self._reading.get(task.id)) is not None:
            await under_way.wait()
            if (known := self._tails.get(task.id)) is not None and not self.is_due(task, now):
                return known
        self._reading[task.id] = ended = asyncio.Event()
        try:
            tail = self._tails[task.id] = await read_tail(db, task, now)
        finally:
            del self._reading[task.id]
            ended.set()
            budget.spend(COST, now)
        self._tails.move_to_end(task.id)
        while len(self._tails) > _MOST:
            self._tails.popitem(last=False)
        return tail


def _split(data: bytes) -> list[LogLine]:
    texts = data.removesuffix(b"\n").split(b"\n")
    pens = itertools.accumulate(texts, lambda pen, text: pen_after(text, pen), initial=PLAIN)
    return [LogLine(text, pen=pen) for text, pen in zip(texts, pens, strict=False)]
