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

CHUNK = 8 << 20  # bytes: what is held in memory at a time, and the smallest part of a multipart upload but one


class Source:
    """A content whose digest and size are known, to be read once more."""

    def __init__(self, file: Any, digest: Digest, size: int) -> None:
        self.digest = digest
        self.size = size
        self._file = file

    async def parts(self, size: int) -> AsyncGenerator[bytes, None]:
        """Yield the content in parts of `size` bytes, the last one shorter; an empty content is one empty part.

        Raises Error INTEGRITY, before the last part, if it is not the content that had the digest.
        """
        content, left = hashlib.sha256(), self.size
        while True:
            part = b""
            while len(part) < min(size, left):  # a raw file may give fewer bytes than asked for
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

    A file that can seek is read twice, from its position on. What cannot be read twice is kept in a temporary file if
    it is larger than 8 MiB. Raises Error INVALID for what is no content, and what reading it raises.
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
    """Yield `content` in chunks: of at most 8 MiB of a file, those of an async iterator as they come.

    Raises Error INVALID for what is no content, and what reading it raises, an OSError as an Error.
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
    """Return where a file that can be read twice is; None for other contents."""
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
