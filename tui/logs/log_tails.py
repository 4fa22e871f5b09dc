"""The last lines of the stderr of tasks, each read once."""

import itertools
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from store import Digest, Error, Task, TaskDB
from tui.logs import provenance
from tui.logs.failed_task_texts import read_stderr
from tui.logs.lines import LogLine
from tui.logs.sgr import PLAIN, pen_after
from tui.text.redaction import redact
from tui.watch.polling.budget import Budget

# A description of the log and its last page: two requests of $0.40 per million, where a million RCU cost $0.125.
COST = 6.5  # RCU
_MOST = 64  # tails kept
_AGAIN = timedelta(minutes=1)


class LogTail(NamedTuple):
    """The last lines of a log, redacted; without any, the `reason` why. It was read at the time `read`."""

    lines: Sequence[LogLine]
    reason: str
    read: datetime


class LogTails:
    """Reads the stderr of ended tasks, whose logs no longer grow, and keeps what it read last."""

    def __init__(self) -> None:
        self._tails: OrderedDict[Digest, LogTail] = OrderedDict()

    def get(self, task: Task) -> LogTail | None:
        """Return what was read of a task; None if nothing was."""
        return self._tails.get(task.id)

    def is_due(self, task: Task, now: datetime) -> bool:
        """Return whether to read the stderr of a task: not again, unless it could not be read a minute ago."""
        known = self._tails.get(task.id)
        return known is None or (bool(known.reason) and now - known.read >= _AGAIN)

    def is_affordable(self, budget: Budget, now: datetime) -> bool:
        """Return whether another read keeps the rate of the last minute within the budget."""
        return budget.rate(now) + COST / 60 <= budget.limit

    async def read(self, db: TaskDB, task: Task, budget: Budget, now: datetime) -> LogTail:
        """Read the end of the stderr of a task. A failure is the reason in the result."""
        try:
            data, _, reason = await read_stderr(db, task, now)
        except Error as error:
            data, reason = None, redact(provenance.explain_missing(error, task, now))
        finally:
            budget.spend(COST, now)
        lines = _split(data) if data else []
        if not lines and not reason:
            reason = "stderr is empty"
        tail = self._tails[task.id] = LogTail(lines, reason, now)
        while len(self._tails) > _MOST:
            self._tails.popitem(last=False)
        return tail


def _split(data: bytes) -> list[LogLine]:
    texts = data.removesuffix(b"\n").split(b"\n")
    pens = itertools.accumulate(texts, lambda pen, text: pen_after(text, pen), initial=PLAIN)
    return [LogLine(text, pen=pen) for text, pen in zip(texts, pens, strict=False)]
