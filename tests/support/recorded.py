"""Recordings of what a scripted table had, for tests."""

import os
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import msgspec

from tests.support.rows import OOM, ago, ahead, digest, make_alloc, make_pool, make_run, make_task
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.support.watched import LONG, Watched
from tui.watch.model.cluster import Cluster
from tui.watch.recording.file_writer import RecordingWriter
from tui.watch.recording.frames import END, FIRST_LINE, packed
from tui.watch.recording.header import End, Header
from tui.watch.recording.recorder import Recorder, Refresh
from tui.watch.recording.session_history import SessionHistory

HEADER = Header("reflow-prod", region="us-west-2", since="10m")
STEP = timedelta(seconds=5)
END_MARK = packed(END, 0, 0, msgspec.msgpack.encode(End()))


class Recording:
    """A poller that refreshes on request, and the outcome of each refresh."""

    def __init__(self, db: ScriptedDB, interval: timedelta = LONG) -> None:
        self.watched = Watched(db, interval)
        self.recorder = Recorder(self.watched.poller)
        self.refreshes: list[Refresh] = []
        self.wholes: list[Refresh] = []  # all that was known at the same times
        self.history = SessionHistory()

    async def refresh(self) -> None:
        """Read once, a step later."""
        watched = self.watched
        before = len(watched.changes)
        await watched.refresh(watched.db.now + STEP)
        for changes in watched.changes[before:]:
            if (refresh := self.recorder.record(changes)) is not None:
                self.refreshes.append(refresh)
                self.history.add(refresh)
                self.wholes.append(self.recorder.keyframe())

    def write(self, path: Path, header: Header = HEADER, few: int = 1 << 30) -> None:
        """Write all refreshes; those that say everything after every `few` others."""
        with RecordingWriter(path, header) as writer:
            for place, (refresh, whole) in enumerate(zip(self.refreshes, self.wholes, strict=True)):
                if place and place % few == 0:
                    writer._since_key = 1 << 40
                writer.add(whole if writer.needs_keyframe else refresh)


async def recorded() -> Recording:
    """Six refreshes: a task fails, a run ends and is forgotten, reads fail and go well again, a run begins."""
    db = ScriptedDB(
        make_run(1, labels={"Name": "align"}),
        make_task(1, 1),
        make_task(2, 1, end=ago(seconds=30)),
        make_task(9, 9),  # of a run that is not in the table
        make_alloc(),
        make_pool(),
        make_run(2, user="bob@example.com", start=ago(minutes=9)),
    )
    recording = Recording(db)
    await recording.refresh()
    db.put(
        make_task(1, 1, end=db.now, err=OOM, stderr=digest("stderr"), inspect=digest("inspect")),
        make_run(1, keepalive=ahead(minutes=3)),
    )
    await recording.refresh()
    db.put(make_run(2, user="bob@example.com", start=ago(minutes=9), end=db.now, keepalive=db.now))
    await recording.refresh()
    db.failure = THROTTLED
    await recording.refresh()
    db.failure = None
    db.put(make_run(3, start=db.now, keepalive=db.now))
    await recording.refresh()
    db.now += timedelta(minutes=20)
    db.put(make_run(1, keepalive=db.now + timedelta(minutes=2)))
    await recording.refresh()
    return recording


def applied(refreshes: Iterable[Refresh]) -> Cluster:
    """The cluster after these refreshes."""
    from tui.watch.model.changes import Changes

    refreshes = list(refreshes)
    cluster = Cluster(refreshes[0].delta.as_of)
    for refresh in refreshes:
        for _ in cluster.apply(refresh.delta, Changes()):
            pass
    return cluster


def cut(path: Path, size: int) -> None:
    os.truncate(path, size)


def without_end(data: bytes) -> bytes:
    """A recording as its recorder leaves it when it is killed."""
    return data.removesuffix(END_MARK)


def make_older(path: Path, version: int) -> None:
    """Make a recording one of an older format, without the end marks that these do not have."""
    first_line = b"reflowtop recording %d\n" % version
    path.write_bytes(path.read_bytes().replace(END_MARK, b"").replace(FIRST_LINE, first_line, 1))
