"""The content of objects: the repository of `store.blocking` takes the same types as the asynchronous one."""

import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from store import Digest, Error, ErrorKind, LocalRepository, MemoryTaskDB, blocking

HELLO = Digest.compute(b"hello")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[blocking.TaskDB]:
    with blocking.TaskDB(MemoryTaskDB(repository=LocalRepository(tmp_path))) as db:
        yield db


async def chunks() -> AsyncIterator[bytes]:
    yield b"hel"
    yield b"lo"


@pytest.mark.parametrize(
    "content",
    [b"hello", bytearray(b"hello"), memoryview(b"hello"), io.BytesIO(b"hello"), [b"hel", b"", b"lo"], chunks()],
    ids=lambda content: type(content).__name__,
)
def test_content_of_each_kind(content: Any, db: blocking.TaskDB) -> None:
    assert db.repository.put(content) == HELLO


@pytest.mark.parametrize("content", ["hello", None, 5, [b"hello", None, b"world"], [1], io.StringIO("hello")])
def test_content_of_another_type_is_invalid(content: Any, db: blocking.TaskDB) -> None:
    with pytest.raises(Error) as raised:
        db.repository.put(content)
    assert raised.value.kind is ErrorKind.INVALID
    assert db.repository.find("") == []
