"""Objects by digest, in S3 or in a local folder: under the same keys, so that either can be copied to the other."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from store.digest import Digest
from store.errors import Error, ErrorKind

_CHUNK = 256 * 1024  # bytes


class LocalRepository:
    """Objects in the files of a folder, each named `objects/<digest>`."""

    def __init__(self, folder: str | PathLike[str]) -> None:
        self._folder = Path(folder)

    async def stat(self, digest: Digest) -> int:
        """The size of an object in bytes; raises Error NOT_EXIST if there is none."""
        with _local_errors("stat", digest):
            status = await asyncio.to_thread(self._path(digest).stat)
            return status.st_size

    async def get(self, digest: Digest) -> AsyncIterator[bytes]:
        """The content of an object, in chunks of at most 256 KiB.

        Raises Error NOT_EXIST if there is none, and INTEGRITY after the last chunk if the content is another's.
        """
        content = hashlib.sha256()
        with _local_errors("get", digest), await asyncio.to_thread(self._path(digest).open, "rb") as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                content.update(chunk)
                yield chunk
        _verify(digest, content.digest())

    async def put(self, data: bytes) -> Digest:
        """Store `data`; returns its digest. Readers see all of it or nothing."""
        digest = Digest.of(data)
        with _local_errors("put", digest):
            await asyncio.to_thread(self._write, self._path(digest), data)
        return digest

    def _path(self, digest: Digest) -> Path:
        return self._folder / _key(digest)

    @staticmethod
    def _write(path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{secrets.token_hex(8)}")
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _key(digest: Digest) -> str:
    return f"objects/{digest}"


def _verify(digest: Digest, actual: bytes) -> None:
    if actual != digest:
        raise Error(ErrorKind.INTEGRITY, "get", (str(digest),), f"the content is that of {Digest(actual)}")


@contextmanager
def _local_errors(op: str, digest: Digest) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Error(Error.recover(error).kind, op, (str(digest),), error) from error
