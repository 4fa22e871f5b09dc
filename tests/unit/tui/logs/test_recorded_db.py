"""The texts of failed tasks in a recording."""

import pytest

from store import Digest, Error, Output, TaskID
from tests.support.rows import NOW, OOM, ago, digest, make_task
from tui.logs import provenance
from tui.logs.recorded_db import RecordedDB
from tui.watch.recording.task_texts import TaskTexts

TASK = make_task(1, 1, end=ago(minutes=1), err=OOM, inspect=digest("inspect"))


class WithoutTexts:
    """A recording of a failed task whose recorder could read neither of its texts."""

    name = "night.rec"
    has_texts = True

    def texts(self, task: TaskID) -> TaskTexts | None:
        return TaskTexts(
            read=NOW,
            stderr_error="no bucket is configured for logs: set it with --bucket",
            inspect_error="denied, s3:GetObject is required",
        )

    def inspected(self, inspect: Digest) -> TaskID | None:
        return TASK.id


async def test_what_the_recorder_could_not_read_is_told_as_such() -> None:
    """The viewer of the recording has no table, and --bucket would not help."""
    db = RecordedDB(source=WithoutTexts())
    with pytest.raises(Error) as stderr:
        await db.logs.open_output(TASK, Output.STDERR)
    assert provenance.explain_missing(stderr.value, TASK, NOW) == (
        "not recorded: no bucket is configured for logs: set it with --bucket"
    )
    why = "not recorded: denied, s3:GetObject is required"
    with pytest.raises(Error) as inspect:
        db.open_inspect(TASK)
    assert provenance.explain_missing(inspect.value, TASK, NOW) == why
    with pytest.raises(Error) as read:
        await db.repository.stat(TASK.inspect)
    assert provenance.explain_missing(read.value, TASK, NOW) == why
    assert not provenance.may_change(read.value)
