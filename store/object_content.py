"""The content of an object to store: bytes, a file, or chunks that arrive one after the other."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO

from store.digest import Digest
from store.errors import Error, ErrorKind

Content = bytes | BinaryIO | AsyncIterable[bytes]

CHUNK = 8 << 20  # bytes held in memory at a time; more than the 5 MiB that S3 requires for a part


class Source:
    """A content with known digest and size, ready for a second read."""

    def __init__(self, file: Any, digest: Digest, size: int) -> None:
        self.digest = digest
        self.size = size
        self._file = file

    async def parts(self, size: int) -> AsyncGenerator[bytes, None]:
        """Yield the content in parts of `size` bytes; the last part may be shorter. Empty content is one empty part.

        Raises Error INTEGRITY, before the last part, if the content no longer matches the digest.
        """
        content, left = hashlib.sha256(), self.size
        while True:
            part = b""
            while len(part) < min(size, left):  # a raw file may return fewer bytes than requested
                read = await _read(self._file, min(size, left) - len(part))
                if not read:
                    break
                part += read
            await asyncio.to_thread(content.update, part)
            left -= len(part)
            if left and part:
                yield part
                continue
            if content.digest() != self.digest:
                raise Error(ErrorKind.INTEGRITY, "put", (str(self.digest),), "the file changed while it was read")
            yield part
            return


@asynccontextmanager
async def digested(content: Content) -> AsyncIterator[Source]:
    """Read `content` for its digest; the Source in the block reads it again, within at most 16 MiB of memory.

    Reads a seekable file twice, from its position on. Copies other content to a temporary file if it is larger than 8
    MiB. Raises Error INVALID for other types, and the errors of reading.
    """
    with SpooledTemporaryFile(CHUNK) as spool:
        yield await _source(content, spool)


async def _source(content: Any, spool: "SpooledTemporaryFile[bytes]") -> Source:
    hashed, size = hashlib.sha256(), 0
    try:
        start = await _position(content)
        async with aclosing(chunks(content)) as pieces:
            async for piece in pieces:
                size += len(piece)
                await asyncio.to_thread(hashed.update, piece)
                if start is None:
                    await asyncio.to_thread(spool.write, piece)
        file = spool if start is None else content
        await asyncio.to_thread(file.seek, start or 0)
    except OSError as error:  # of the temporary file, or of an iterator that reads one
        raise Error(Error.recover(error).kind, "put", (), error) from error
    return Source(file, Digest(hashed.digest()), size)


async def chunks(content: Content) -> AsyncGenerator[bytes, None]:
    """Yield `content` in chunks: a file in chunks of at most 8 MiB, an async iterator as it is.

    Raises Error INVALID for other types, and the errors of reading, with an OSError converted to Error.
    """
    if isinstance(content, bytes | bytearray | memoryview):
        yield bytes(content)
    elif isinstance(content, AsyncIterable):
        async for chunk in content:
            yield _checked(chunk)
    elif hasattr(content, "read"):
        while chunk := await _read(content, CHUNK):
            yield chunk
    else:
        raise _invalid(content)


async def _position(content: Any) -> int | None:
    """Return the position of a seekable file; None for other content."""
    if isinstance(content, AsyncIterable) or not (hasattr(content, "seekable") and content.seekable()):
        return None
    position: int = await asyncio.to_thread(content.tell)
    return position


async def _read(file: Any, size: int) -> bytes:
    try:
        return _checked(await asyncio.to_thread(file.read, size))
    except OSError as error:
        raise Error(Error.recover(error).kind, "put", (str(getattr(file, "name", "")),), error) from error


def _checked(chunk: Any) -> bytes:
    if not isinstance(chunk, bytes | bytearray | memoryview):
        raise _invalid(chunk)
    return bytes(chunk)


def _invalid(value: Any) -> Error:
    why = "give bytes, a file opened in binary mode, or an async iterator of bytes"
    return Error(ErrorKind.INVALID, "put", ("data", f"{value!r:.100}"), f"of type {type(value).__name__}: {why}")


def check_range(digest: Digest, offset: int, size: int) -> None:
    """Raise Error INVALID unless `offset` is 0 or more and `size` 1 or more."""
    if offset < 0 or size < 1:
        why = f"{size} bytes from {offset} on: give an offset of 0 or more, and a size of 1 or more"
        raise Error(ErrorKind.INVALID, "read", (str(digest),), why)
