"""A log that is an object of the repository."""

import hashlib

from store.digest import Digest
from store.errors import Error, ErrorKind
from store.logs.log import Check, Cursor, Log, Page
from store.repository import Repository

PAGE = 1024 * 1024  # bytes


class ObjectLog(Log):
    """An object of `size` bytes, read in parts. `check` becomes GOOD or BAD once all was read from head to end."""

    check = Check.PARTIAL

    def __init__(self, repository: Repository, digest: Digest, size: int) -> None:
        self.size: int = size
        self.digest = digest
        self.location = repository.location(digest)
        self._repository = repository
        self._content = hashlib.sha256()
        self._checked = 0

    async def read(self, cursor: Cursor) -> Page:
        """The page at `cursor`. One that is short of the object's size tells that it was cut, and ends it."""
        start, end = self._bounds(cursor)
        data = await self._repository.read(self.digest, start, end - start) if start < end else b""
        if not data and start < end and not cursor.forward:
            # Pages before this one would be as empty: a size that is too large would take a request for each megabyte.
            why = f"none of its bytes {start} to {end} are there, of {self.size}"
            raise Error(ErrorKind.INTEGRITY, "read object", (str(self.digest),), why)
        if start <= self._checked <= start + len(data):
            self._take(data[self._checked - start :], short=len(data) < end - start)
        before = Cursor(forward=False, offset=start) if start else None
        is_last = not data or start + len(data) >= self.size
        return Page(data, before=before, after=None if is_last else Cursor(forward=True, offset=start + len(data)))

    async def whole(self) -> bytes:
        """Return the whole content, for objects known to be small."""
        data = await self._repository.read(self.digest, 0, self.size) if self.size else b""
        if not self._checked:
            self._take(data, short=len(data) < self.size)
        return data

    def _bounds(self, cursor: Cursor) -> tuple[int, int]:
        if cursor.forward:
            start = min(cursor.offset or 0, self.size)
            return start, min(start + PAGE, self.size)
        end = self.size if cursor.offset is None else min(cursor.offset, self.size)
        return max(0, end - PAGE), end

    def _take(self, data: bytes, *, short: bool) -> None:
        if self.check is not Check.PARTIAL:
            return
        self._content.update(data)
        self._checked += len(data)
        if short or self._checked == self.size:
            self.check = Check.GOOD if self._content.digest() == self.digest else Check.BAD
