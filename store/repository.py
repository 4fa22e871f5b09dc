"""Objects by digest, in S3 or in a local folder: under the same keys, so that either can be copied to the other."""

import asyncio
import functools
import glob
import hashlib
import itertools
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import aclosing, contextmanager, suppress
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from store.aws.error_mapping import BadReply, error_code, map_exception
from store.aws.retry import RETRIES, WRITE_RETRIES, Retries
from store.aws.session import MAX_IN_FLIGHT
from store.digest import Digest
from store.dynamo.request_queue import QUEUE_TIMEOUT, RequestQueue
from store.errors import Error, ErrorKind, FailureReason
from store.location import Location
from store.object_content import CHUNK, Content, Source, check_range, chunks, digested

_CHUNK = 256 * 1024  # bytes
_MOST_FOUND = 20
_MOST_PARTS = 10_000  # of an upload; S3's bound
_PARTS_AT_A_TIME = 4
# They must not be lost. Removing parts is not among them: a `put` that is cancelled waits for it.
_WRITES = ("PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload")
_LARGEST = 50 * 10**12  # bytes of an object; S3's bound
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15})")
_NAME = re.compile("sha256:[0-9a-f]{64}")


class Repository(Protocol):
    """Objects by their SHA-256 digest: logs, inspects, graphs, traces, results."""

    async def stat(self, digest: Digest) -> int:
        """Return the size of an object in bytes. Raises Error NOT_EXIST if there is none."""

    def get(self, digest: Digest) -> AsyncIterator[bytes]:
        """Yield the content of an object in chunks of bytes.

        Raises Error NOT_EXIST if there is none, and INTEGRITY after the last chunk if it does not match its digest.
        """

    async def read(self, digest: Digest, offset: int, size: int) -> bytes:
        """Return up to `size` bytes of an object from byte `offset` on, unchecked; fewer only at its end.

        Raises Error NOT_EXIST if there is none.
        """

    async def put(self, data: Content) -> Digest:
        """Store bytes, a file opened in binary mode (from its position on), or an async iterator of bytes.

        Returns the digest of the content. Files and iterators of any size take a bounded amount of memory. Readers see
        the whole object or none, and storing it again changes nothing. Raises Error INVALID for another type, what
        reading the content raises, and INTEGRITY if a file changes while it is read.
        """

    async def find(self, digits: str) -> list[Digest]:
        """Return the digests of up to 20 objects that begin with these hex digits. Raises what listing them raises."""

    def location(self, digest: Digest) -> Location:
        """Return the location that an object has, if it exists."""


class S3Repository:
    """Objects of an S3 bucket, each with the key `objects/<digest>`.

    `client` is an aiobotocore client for S3, which the caller closes. At most `max_in_flight` requests are sent at a
    time; others wait, for up to 5 minutes. `retries`, `timeout` and their defaults are those of `DynamoTaskDB.open`,
    `put` is a write. Every method raises the Error of the service or of the network. `region` is for `location` only.
    """

    def __init__(
        self,
        client: Any,
        bucket: str,
        retries: Retries | None = None,
        *,
        timeout: float | None = None,
        max_in_flight: int = MAX_IN_FLIGHT,
        region: str = "",
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._retries = (retries or RETRIES).with_deadline(timeout)
        self._write_retries = (retries or WRITE_RETRIES).with_deadline(timeout)
        self._queue = RequestQueue(max_in_flight, QUEUE_TIMEOUT)
        self._region = region

    async def stat(self, digest: Digest) -> int:
        """Return the size of an object in bytes. Raises Error NOT_EXIST if there is none."""

        async def size(**parameters: Any) -> int:
            # Not a HEAD: its errors come without a text, which tells what is missing, or which action is denied.
            try:
                reply = await self._client.get_object(Range="bytes=0-0", **parameters)
            except Exception as error:
                if error_code(error) == "InvalidRange":  # there is no first byte
                    return 0
                raise
            async with reply["Body"] as body:
                await body.read(1)
            return _range_of(reply, 0).size if "ContentRange" in reply else _size(reply["ContentLength"])

        found: int = await self._call("GetObject", size, digest)
        return found

    async def get(self, digest: Digest) -> AsyncIterator[bytes]:
        """Yield the content of an object in chunks of at most 256 KiB.

        Raises Error NOT_EXIST if there is none, INTEGRITY after the last chunk if it does not match its digest, and NET
        if the connection breaks between chunks, which is not retried.
        """
        reply = await self._call("GetObject", self._client.get_object, digest)
        content = hashlib.sha256()
        try:
            async with reply["Body"] as body:
                while chunk := await body.read(_CHUNK):
                    content.update(chunk)
                    yield chunk
        except Exception as error:
            raise map_exception(error, "s3.GetObject", (self._bucket, _key(digest))) from error
        _verify(digest, content.digest())

    async def read(self, digest: Digest, offset: int, size: int) -> bytes:
        """Return up to `size` bytes (at least 1) of an object from `offset` on; fewer only at its end.

        The content is not checked. Raises Error NOT_EXIST if there is no object, INVALID for another offset or size.
        """
        check_range(digest, offset, size)

        async def part(**parameters: Any) -> bytes:
            try:
                reply = await self._client.get_object(Range=f"bytes={offset}-{offset + size - 1}", **parameters)
            except Exception as error:
                if error_code(error) == "InvalidRange":  # it ends before `offset`
                    return b""
                raise
            if "ContentRange" in reply:
                _range_of(reply, offset)
            elif offset:
                raise BadReply(f"the whole object, where its bytes from {offset} on were requested")
            async with reply["Body"] as body:
                data: bytes = await _read_up_to(body, size)
                return data

        data: bytes = await self._call("GetObject", part, digest)
        return data

    async def put(self, data: Content) -> Digest:
        """Store bytes, a file opened in binary mode (from its position on), or an async iterator of bytes.

        Returns the digest of the content. More than 8 MiB are sent in parts, four at a time, within 64 MiB of memory
        for an object of up to 80 GB. The key is the digest, so a file is read twice, and what cannot be read twice is
        kept in a temporary file. If it fails, the parts that were sent are removed, as far as the service allows.
        Raises Error INVALID for another type, what reading the content raises, and INTEGRITY if a file changes
        meanwhile.
        """
        if isinstance(data, bytes) and len(data) <= CHUNK:
            digest = Digest.compute(data)
            await self._call("PutObject", self._client.put_object, digest, Body=data)
            return digest
        async with digested(data) as source:
            if source.size > CHUNK:
                await self._put_parts(source)
            else:
                async for whole in source.parts(CHUNK):
                    await self._call("PutObject", self._client.put_object, source.digest, Body=whole)
            return source.digest

    async def _put_parts(self, source: Source) -> None:
        digest = source.digest
        reply = await self._call("CreateMultipartUpload", self._client.create_multipart_upload, digest)
        upload = {"UploadId": reply["UploadId"]}

        async def send(number: int, part: bytes) -> dict[str, Any]:
            sent = await self._call(
                "UploadPart", self._client.upload_part, digest, PartNumber=number, Body=part, **upload
            )
            return {"PartNumber": number, "ETag": sent["ETag"]}

        async def send_all(batch: list[bytes]) -> None:
            sending = itertools.starmap(send, enumerate(batch, len(parts) + 1))
            # Until none is sent any more: a part that arrives after the upload is aborted would stay.
            sent = await asyncio.gather(*sending, return_exceptions=True)
            parts.extend(_raise_first(sent))
            batch.clear()

        parts: list[dict[str, Any]] = []
        batch: list[bytes] = []
        try:
            async with aclosing(source.parts(max(CHUNK, -(-source.size // _MOST_PARTS)))) as read:
                async for part in read:
                    batch.append(part)
                    if len(batch) == _PARTS_AT_A_TIME:
                        await send_all(batch)
            await send_all(batch)
            complete = self._client.complete_multipart_upload
            await self._call("CompleteMultipartUpload", complete, digest, MultipartUpload={"Parts": parts}, **upload)
        except BaseException as error:
            # The reply to a completion may be lost: then the upload is gone when it is completed again.
            if error_code(error) == "NoSuchUpload" and await self.stat(digest) == source.size:
                return
            with suppress(Error):
                await self._call("AbortMultipartUpload", self._client.abort_multipart_upload, digest, **upload)
            raise

    async def find(self, digits: str) -> list[Digest]:
        """Return the digests of up to 20 objects that begin with these hex digits. Raises what listing them raises."""
        prefix = f"objects/sha256:{digits.lower()}"

        async def find() -> Any:
            return await self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, MaxKeys=_MOST_FOUND)

        reply = await self._retried(find, self._retries, "s3.ListBucket", (self._bucket, prefix))
        return _digests(item["Key"].removeprefix("objects/") for item in reply.get("Contents", ()))

    def location(self, digest: Digest) -> Location:
        """Return the location that the object has, if it exists."""
        return Location("s3", self._bucket, _key(digest), self._region)

    async def _call(
        self, operation: str, method: Callable[..., Awaitable[Any]], digest: Digest, **parameters: Any
    ) -> Any:
        key = _key(digest)
        send = functools.partial(method, Bucket=self._bucket, Key=key, **parameters)
        retries = self._write_retries if operation in _WRITES else self._retries
        return await self._retried(send, retries, f"s3.{operation}", (self._bucket, key))

    async def _retried(
        self, send: Callable[[], Awaitable[Any]], retries: Retries, op: str, args: tuple[str, str]
    ) -> Any:
        async def attempt() -> Any:
            try:
                return await send()
            except Exception as error:
                raise map_exception(error, op, args) from error

        # Its deadline starts when it is sent: the outputs of hundreds of tasks may be stored at once.
        async with self._queue.slot(op, args):
            return await retries.run(attempt, op, args)


class ReadOnlyS3Repository(S3Repository):
    """The same without a way to write."""

    async def put(self, data: Content) -> Digest:
        """Raises Error NOT_ALLOWED."""
        raise Error(ErrorKind.NOT_ALLOWED, "put", (self._bucket,), "the TaskDB was opened read-only")


class LocalRepository:
    """Objects in the files of a folder, each named `objects/<digest>`."""

    def __init__(self, folder: str | PathLike[str]) -> None:
        self._folder = Path(folder)

    async def stat(self, digest: Digest) -> int:
        """Return the size of an object in bytes. Raises Error NOT_EXIST if there is none."""
        with _local_errors("stat", digest):
            status = await asyncio.to_thread(self._path(digest).stat)
            return status.st_size

    async def get(self, digest: Digest) -> AsyncIterator[bytes]:
        """Yield the content of an object in chunks of at most 256 KiB.

        Raises Error NOT_EXIST if there is none, and INTEGRITY after the last chunk if it does not match its digest.
        """
        content = hashlib.sha256()
        with _local_errors("get", digest), await asyncio.to_thread(self._path(digest).open, "rb") as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                content.update(chunk)
                yield chunk
        _verify(digest, content.digest())

    async def read(self, digest: Digest, offset: int, size: int) -> bytes:
        """Return up to `size` bytes (at least 1) of an object from `offset` on; fewer only at its end.

        The content is not checked. Raises Error NOT_EXIST if there is no object, INVALID for another offset or size.
        """
        check_range(digest, offset, size)

        def part() -> bytes:
            with self._path(digest).open("rb") as file:
                file.seek(offset)
                return file.read(size)

        with _local_errors("get", digest):
            return await asyncio.to_thread(part)

    async def put(self, data: Content) -> Digest:
        """Store bytes, a file opened in binary mode (from its position on), or an async iterator of bytes.

        Returns the digest of the content, which takes at most 16 MiB of memory unless it is bytes. Readers see the
        whole object or none. Raises Error INVALID for another type, and what reading and writing raise.
        """
        folder = self._folder / "objects"
        temporary = folder / f".{secrets.token_hex(8)}"
        hashed = hashlib.sha256()

        def write(file: Any, chunk: bytes) -> None:
            hashed.update(chunk)
            file.write(chunk)

        with _local_errors("put", str(folder)):
            await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
            try:
                with await asyncio.to_thread(temporary.open, "xb") as file:
                    async with aclosing(chunks(data)) as pieces:
                        async for piece in pieces:
                            await asyncio.to_thread(write, file, piece)
                digest = Digest(hashed.digest())
                await asyncio.to_thread(temporary.replace, self._path(digest))
                return digest
            finally:
                temporary.unlink(missing_ok=True)

    async def find(self, digits: str) -> list[Digest]:
        """Return the digests of up to 20 objects that begin with these hex digits. Raises what listing them raises."""

        def find() -> list[Digest]:
            paths = (self._folder / "objects").glob(f"sha256:{glob.escape(digits.lower())}*")
            return _digests(path.name for path in itertools.islice(paths, _MOST_FOUND))

        return await asyncio.to_thread(find)

    def location(self, digest: Digest) -> Location:
        """Return the location that the object has, if it exists."""
        return Location("file", str(self._folder), _key(digest))

    def _path(self, digest: Digest) -> Path:
        return self._folder / _key(digest)


class _Range(NamedTuple):
    start: int
    size: int  # of the whole object


def _range_of(reply: Any, start: int) -> _Range:
    """Return the Content-Range of a reply. Raises BadReply for one that does not begin at `start` or makes no sense."""
    text = str(reply["ContentRange"])
    match = _CONTENT_RANGE.fullmatch(text)
    if match is None or int(match[1]) != start or not start <= int(match[2]) < int(match[3]):
        raise BadReply(f"Content-Range {text[:100]!r}, where bytes from {start} on were requested")
    return _Range(start, _size(match[3]))


def _size(value: Any) -> int:
    """Return the size of an object. Raises BadReply for one that no object of S3 has."""
    if not 0 <= int(value) <= _LARGEST:
        raise BadReply(f"an object of {str(value)[:30]} bytes")
    return int(value)


async def _read_up_to(body: Any, size: int) -> bytes:
    """Read at most so many bytes of a body; a server that knows no ranges sends all of them."""
    parts: list[bytes] = []
    left = size
    while left and (part := await body.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _raise_first(results: Iterable[Any]) -> list[Any]:
    found = list(results)
    for result in found:
        if isinstance(result, BaseException):
            raise result
    return found


def _key(digest: Digest) -> str:
    return f"objects/{digest}"


def _digests(names: Iterable[str]) -> list[Digest]:
    """The digests among `names`; other programs may keep files there, too."""
    return [Digest.parse(name) for name in names if _NAME.fullmatch(name)]


def _verify(digest: Digest, actual: bytes) -> None:
    if actual != digest:
        raise Error(ErrorKind.INTEGRITY, "get", (str(digest),), f"the content is that of {Digest(actual)}")


@contextmanager
def _local_errors(op: str, name: Digest | str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = Error.recover(error).kind
        reason = FailureReason.NO_OBJECT if kind is ErrorKind.NOT_EXIST else None
        raise Error(kind, op, (str(name),), error, reason) from error
