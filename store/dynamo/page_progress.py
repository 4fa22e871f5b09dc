"""The end of reads whose pages bring nothing, or do not come to an end."""

import asyncio
from collections.abc import Callable

import msgspec

from store.dynamo.response import Key
from store.errors import Error, ErrorKind, FailureReason

# Pages in a row without anything new. DynamoDB ends a page early only when it has read 1 MB. A filter may drop all of
# it: 5,000 pages are 5 GB. Rows that are no rows of reflow, or that move while they are read, are fewer.
_MOST_HOLLOW, _MOST_KNOWN, _MOST_FRUITLESS = 20, 200, 5000
# Rows of at most 400 KB that a page of 1 MB holds.
_FEWEST_SCANNED = 3
DEADLINE = 300.0  # seconds for all pages of a query


class PageProgress:
    """Follows the pages of one query or scan.

    `deadline` are the seconds that all pages may take; None for a read of any length.
    """

    def __init__(self, op: str, table: str, deadline: float | None, clock: Callable[[], float] | None = None) -> None:
        self._op = op
        self._table = table
        self._clock = clock or asyncio.get_running_loop().time
        self._ends = None if deadline is None else self._clock() + deadline
        self._keys: set[int] = set()
        self._pages = self._hollow = self._known = self._fruitless = 0

    def next(self, following: Key, *, new: int, items: int, scanned: int) -> Key:
        """Return the key of the next page, after one of so many `items`, `new` ones among them, out of `scanned`.

        Raises Error INTEGRITY for a key that was returned before, for no key, and after many pages without a new row:
        reads would not end. Raises Error TIMEOUT when the deadline has passed.
        """
        self._pages += 1
        mark = hash(msgspec.json.encode(following))
        if mark in self._keys or not following:
            raise self._error("the service returned the key of an earlier page again")
        self._keys.add(mark)
        self._fruitless = 0 if new else self._fruitless + 1
        self._known = self._known + 1 if items and not new else 0
        self._hollow = 0 if new or items or scanned >= _FEWEST_SCANNED else self._hollow + 1
        if self._hollow >= _MOST_HOLLOW or self._known >= _MOST_KNOWN or self._fruitless >= _MOST_FRUITLESS:
            raise self._error(f"{self._fruitless} pages in a row brought nothing new, and there is always another one")
        if self._ends is not None and self._clock() >= self._ends:
            why = f"gave up after {self._pages} pages"
            raise Error(ErrorKind.TIMEOUT, self._op, (self._table,), why, FailureReason.TIMEOUT)
        return following

    def _error(self, why: str) -> Error:
        return Error(ErrorKind.INTEGRITY, self._op, (self._table,), why)
