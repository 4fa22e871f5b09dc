"""A cluster whose failed tasks have a stderr, for tests of previews and explanations."""

from collections.abc import AsyncIterator

from store import Digest, Error, ErrorKind, Run, Task
from store.location import Location
from tests.support.rows import ago, digest, make_alloc, make_pool, make_run, make_task
from tests.support.scripted_db import ScriptedDB

STDERR = b"".join(b"line %d\n" % number for number in range(300))


class LoggedDB(ScriptedDB):
    """A cluster whose failed tasks have a stderr, `text` each; `reads` are the objects that were read."""

    def __init__(self, *others: Run | Task, text: bytes = STDERR) -> None:
        self.text = text
        killed = Error(ErrorKind.OOM, "exec", (), "killed [/x]")
        super().__init__(
            make_run(1, labels={"Name": "align"}),
            make_task(1, 1, end=ago(seconds=90), err=killed, stderr=digest("one"), ident="sort"),
            make_task(2, 1, end=ago(minutes=9), err=killed, start=ago(minutes=20), stderr=digest("two"), ident="sort"),
            make_task(3, 1, end=ago(minutes=8), err=Error(ErrorKind.NET, "load"), start=ago(minutes=20), ident="load"),
            make_task(4, 1, keepalive=ago(minutes=3), start=ago(minutes=20), alloc_id=digest("a2")),
            make_alloc(),
            make_pool(),
            make_alloc("a2", "i-0dead", keepalive=ago(minutes=9)),
            make_pool("i-0dead", keepalive=ago(minutes=9)),
            make_run(2, user="bob@example.com", start=ago(minutes=9)),
            *others,
        )
        self.reads: list[Digest] = []

    @property
    def repository(self) -> "LoggedDB":  # type: ignore[override]
        return self

    def location(self, id: Digest) -> Location:
        return Location("s3", "reflow-logs", f"objects/{id}", "us-west-2")

    async def stat(self, id: Digest) -> int:
        return len(self.text)

    async def read(self, id: Digest, offset: int, size: int) -> bytes:
        self.reads.append(id)
        return self.text[offset : offset + size]

    async def get(self, id: Digest) -> AsyncIterator[bytes]:
        self.reads.append(id)
        yield self.text
