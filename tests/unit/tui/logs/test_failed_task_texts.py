"""The texts of a failed task that a recording keeps."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Error, ErrorKind, LocalRepository, Task
from store.location import Location
from store.logs.log import Cursor, Log, Page
from tests.support.log_world import INSPECT, LogWorld
from tests.support.rows import NOW
from tui.logs.failed_task_texts import last_lines, read_end, read_texts
from tui.watch.recording.task_texts import MOST_BYTES, MOST_LINES

SECRET = "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


async def test_the_last_lines_and_the_inspect_are_read(world: LogWorld) -> None:
    await world.end_task(stderr="".join(f"line {number} {SECRET}\n" for number in range(500)).encode())
    texts = await read_texts(world.db, await world.task(), NOW)
    assert texts.stderr is not None
    lines = texts.stderr.decode().splitlines()
    assert (len(lines), texts.is_cut) == (200, True)
    assert lines[-1] == "line 499 AWS_SECRET_ACCESS_KEY=[redacted]"
    assert texts.inspect is not None
    assert json.loads(texts.inspect) == INSPECT


async def test_missing_texts_have_a_reason(world: LogWorld) -> None:
    texts = await read_texts(world.db, await world.task(), NOW)
    assert (texts.stderr, texts.inspect) == (None, None)
    assert "not at hand" in texts.stderr_error
    assert texts.inspect_error == "no inspect yet: it is written when the task ends"


async def test_a_large_or_invalid_inspect_is_left_out(world: LogWorld) -> None:
    for content, why in ((json.dumps({"a": "x" * MOST_BYTES}).encode(), "too large"), (b"{", "not JSON")):
        inspect = await world.repository.put(content)
        task = Task(id=(await world.task()).id, inspect=inspect)
        texts = await read_texts(world.db, task, NOW)
        assert texts.inspect is None
        assert why in texts.inspect_error


async def test_temporary_failures_are_raised(world: LogWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.end_task()
    task = await world.task()

    async def fail(*_: object) -> int:
        raise Error(ErrorKind.NET, "s3.GetObject", (), "reset")

    monkeypatch.setattr(LocalRepository, "stat", fail)
    with pytest.raises(Error, match="reset"):
        await read_texts(world.db, task, NOW)


class PagedLog(Log):
    """A log without a known size, in pages."""

    location = Location("logs", "reflow", "x")

    def __init__(self, *pages: bytes) -> None:
        self.pages = pages
        self.reads = 0

    async def read(self, cursor: Cursor) -> Page:
        self.reads += 1
        place = len(self.pages) - 1 if cursor.offset is None else cursor.offset
        return Page(self.pages[place], before=Cursor(forward=False, offset=place - 1) if place else None)


async def test_pages_of_a_stream_are_read_until_there_are_enough_lines() -> None:
    log = PagedLog(b"first\n", b"x\n" * 150, b"y\n" * 150, b"")
    data, is_cut = await read_end(log)
    assert (log.reads, is_cut) == (3, True)
    assert data == b"x\n" * 150 + b"y\n" * 150
    assert await read_end(PagedLog(b"a\n", b"b\n")) == (b"a\nb\n", False)


@given(st.binary(max_size=2000) | st.text(alphabet="ab\n\x1bé", max_size=2000).map(str.encode), st.booleans())
def test_the_last_lines_of_anything_are_bounded_and_stable(data: bytes, is_cut: bool) -> None:
    lines, cut = last_lines(data, is_cut=is_cut)
    assert len(lines) <= MOST_BYTES
    assert lines.count(b"\n") <= MOST_LINES
    assert last_lines(lines, is_cut=False)[0] == lines
    if not is_cut and not cut and data.isascii():
        assert lines == data


def test_long_lines_are_cut() -> None:
    lines, is_cut = last_lines(b"a\n" + b"x " * MOST_BYTES, is_cut=False)
    assert (len(lines), is_cut) == (MOST_BYTES, True)
    lines, is_cut = last_lines(b"x " * MOST_BYTES + b"\nb\n", is_cut=False)
    assert (lines, is_cut) == (b"b\n", True)


def test_the_rest_of_a_key_is_a_secret() -> None:
    rest = b"MIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\nfailed\n"
    assert last_lines(rest, is_cut=True) == (b"failed\n", True)
    whole = b"one\n-----BEGIN PRIVATE KEY-----\n" + rest
    assert last_lines(whole, is_cut=True) == (b"[redacted]\nfailed\n", True)
