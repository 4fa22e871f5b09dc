"""Objects by digest, in S3 or in a local folder: under the same keys, so that either can be copied to the other."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

from store.digest import Digest
from store.errors import Error, ErrorKind
from store.failures import failure
from store.retry import RETRIES, Retries

_CHUNK = 256 * 1024  # bytes


class S3Repository:
    """Objects of an S3 bucket, each with the key `objects/<digest>`.

    `client` is an aiobotocore client for S3, which stays its maker's to close. Every method raises what
    `store.failures` tells of S3 and of the network, after `retries`.
    """

    def __init__(self, client: Any, bucket: str, retries: Retries = RETRIES) -> None:
        self._client = client
        self._bucket = bucket
        self._retries = retries

    async def stat(self, digest: Digest) -> int:
        """The size of an object in bytes; raises Error NOT_EXIST if there is none."""
        reply = await self._call("HeadObject", self._client.head_object, digest)
        size: int = reply["ContentLength"]
        return size

    async def get(self, digest: Digest) -> AsyncIterator[bytes]:
        """The content of an object, in chunks of at most 256 KiB.

        Raises Error NOT_EXIST if there is none, INTEGRITY after the last chunk if the content is another's, and NET
        if the connection breaks between chunks: that is not retried.
        """
        reply = await self._call("GetObject", self._client.get_object, digest)
        content = hashlib.sha256()
        try:
            async with reply["Body"] as body:
                while chunk := await body.read(_CHUNK):
                    content.update(chunk)
                    yield chunk
        except Exception as error:
            raise failure(error, "s3.GetObject", (self._bucket, _key(digest))) from error
        _verify(digest, content.digest())

    async def put(self, data: bytes) -> Digest:
        """Store `data`; returns its digest."""
        digest = Digest.of(data)
        await self._call("PutObject", self._client.put_object, digest, Body=data)
        return digest

    async def _call(
        self, operation: str, method: Callable[..., Awaitable[Any]], digest: Digest, **parameters: Any
    ) -> Any:
        op, args = f"s3.{operation}", (self._bucket, _key(digest))

        async def attempt() -> Any:
            try:
                return await method(Bucket=self._bucket, Key=_key(digest), **parameters)
            except Exception as error:
                raise failure(error, op, args) from error

        return await self._retries.run(attempt, op, args)


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
