"""Contents of objects: bytes, files and async iterators, stored in bounded memory."""

import io
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest
from botocore.exceptions import ClientError

from store import Digest, Error, ErrorKind, LocalRepository, Repository, S3Repository
from store.aws.retry import Retries
from store.object_content import Source, digested

KIB = 1 << 10
CHUNK = 16 * KIB  # instead of 8 MiB
LARGE = 5 * CHUNK + 3


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("object_content", "repository"):
        monkeypatch.setattr(f"store.{module}.CHUNK", CHUNK)


class FakeS3:
    """An S3 client that keeps what it is sent, or only sizes; failures are by operation."""

    def __init__(self, *, keep: bool = True, failures: dict[str, str] | None = None) -> None:
        self.keep = keep
        self.failures = failures or {}
        self.calls: list[str] = []
        self.parts: dict[int, bytes] = {}
        self.sizes: list[int] = []
        self.stored: bytes | None = None

    def __getattr__(self, operation: str) -> Any:
        async def call(**parameters: Any) -> dict[str, Any]:
            self.calls.append(operation)
            body = parameters.get("Body", b"")
            match operation:
                case "upload_part":
                    self.sizes.append(len(body))
                    self.parts[parameters["PartNumber"]] = body if self.keep else b""
                case "put_object":
                    self.stored = body
                case "complete_multipart_upload":
                    listed = [part["PartNumber"] for part in parameters["MultipartUpload"]["Parts"]]
                    assert listed == sorted(self.parts)
                    self.stored = b"".join(self.parts[number] for number in listed)
            if code := self.failures.get(operation):
                raise ClientError({"Error": {"Code": code, "Message": "no"}}, operation)
            size = len(self.stored or b"")
            return {"UploadId": "1", "ETag": "x", "ContentRange": f"bytes 0-0/{size}", "Body": Body()}

        return call


class Body:
    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        pass

    async def read(self, size: int) -> bytes:
        return b"x"


def pattern(size: int) -> bytes:
    return bytes(range(251)) * (size // 251) + bytes(range(size % 251))


async def in_chunks(data: bytes, size: int = KIB) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@contextmanager
def made(kind: str, data: bytes, folder: Path) -> Iterator[Any]:
    """The content `data`, of a kind."""
    path = folder / "content"
    path.write_bytes(b"skipped" + data)
    with path.open("rb", buffering=0 if kind == "raw" else -1) as file:
        file.seek(len(b"skipped"))
        pipe = io.BytesIO(data)
        pipe.seekable = lambda: False  # type: ignore[method-assign]
        yield {"bytes": data, "pipe": pipe, "iterator": in_chunks(data)}.get(kind, file)


@pytest.mark.parametrize("kind", ["bytes", "file", "raw", "pipe", "iterator"])
@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, LARGE])
async def test_every_content_is_stored_whole(kind: str, size: int, tmp_path: Path) -> None:
    data = pattern(size)
    client, local = FakeS3(), LocalRepository(tmp_path / "repository")
    for repository in (S3Repository(client, "logs"), local):
        with made(kind, data, tmp_path) as content:
            assert await repository.put(content) == Digest.compute(data)
    assert client.stored == data
    assert max(client.sizes, default=0) <= CHUNK
    assert ("upload_part" in client.calls) == (size > CHUNK)
    assert b"".join([chunk async for chunk in local.get(Digest.compute(data))]) == data


@pytest.mark.parametrize("kind", ["file", "iterator"])
async def test_memory_does_not_grow_with_the_content(kind: str, tmp_path: Path) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for number in range(250):
            yield bytes([number]) * CHUNK

    path = tmp_path / "content"
    path.write_bytes(b"".join([piece async for piece in pieces()]))
    repositories: list[Repository] = [
        S3Repository(FakeS3(keep=False), "logs"),
        LocalRepository(tmp_path / "repository"),
    ]
    tracemalloc.start()
    try:
        for repository in repositories:
            with path.open("rb") as file:
                await repository.put(file if kind == "file" else pieces())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30 * CHUNK  # of 250; 26 on Python 3.14


@pytest.mark.parametrize("content", ["text", None, 3, [b"a"], Path("file"), io.StringIO("text")])
async def test_other_types_are_invalid(content: Any, tmp_path: Path) -> None:
    for repository in (LocalRepository(tmp_path), S3Repository(FakeS3(), "logs")):
        with pytest.raises(Error, match="opened in binary mode") as raised:
            await repository.put(content)
        assert raised.value.kind is ErrorKind.INVALID
    assert list((tmp_path / "objects").iterdir()) == []


async def test_an_iterator_of_texts_is_invalid(tmp_path: Path) -> None:
    async def texts() -> AsyncIterator[Any]:
        yield "text"

    for repository in (LocalRepository(tmp_path), S3Repository(FakeS3(), "logs")):
        with pytest.raises(Error, match="'text'"):
            await repository.put(texts())


async def test_a_failed_upload_is_aborted() -> None:
    client = FakeS3(failures={"upload_part": "AccessDenied"})
    with pytest.raises(Error) as raised:
        await S3Repository(client, "logs").put(pattern(LARGE))
    assert raised.value.kind is ErrorKind.NOT_ALLOWED
    assert client.calls[-1] == "abort_multipart_upload"
    assert client.calls.count("upload_part") == 4


async def test_an_error_while_reading_the_content_is_raised_unchanged() -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield bytes(CHUNK + 1)
        raise KeyError("sample")

    client = FakeS3()
    with pytest.raises(KeyError, match="sample"):
        await S3Repository(client, "logs").put(failing())
    assert client.calls == []


@pytest.mark.parametrize("size", [1, CHUNK + 1])
async def test_a_file_that_changes_is_an_integrity_error(size: int) -> None:
    class Changing(io.BytesIO):
        def seek(self, offset: int, whence: int = 0) -> int:
            super().seek(0)
            self.write(b"!")
            return super().seek(offset, whence)

    client = FakeS3()
    with pytest.raises(Error, match="the file changed") as raised:
        await S3Repository(client, "logs").put(Changing(pattern(size)))
    assert raised.value.kind is ErrorKind.INTEGRITY
    assert client.stored is None


async def test_a_file_that_shrinks_is_an_integrity_error() -> None:
    data = pattern(100)
    source = Source(io.BytesIO(data[:50]), Digest.compute(data), len(data))
    with pytest.raises(Error, match="the file changed"):
        [part async for part in source.parts(10)]


async def test_a_completion_whose_reply_was_lost() -> None:
    client = FakeS3(failures={"complete_multipart_upload": "NoSuchUpload"})
    data = pattern(LARGE)
    assert await S3Repository(client, "logs", Retries(tries=1)).put(data) == Digest.compute(data)
    assert "abort_multipart_upload" not in client.calls


async def test_a_content_is_digested_before_it_is_sent() -> None:
    async with digested(in_chunks(b"hello", 2)) as source:
        assert (source.digest, source.size) == (Digest.compute(b"hello"), 5)
        assert [part async for part in source.parts(3)] == [b"hel", b"lo"]
