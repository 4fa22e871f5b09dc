"""Rows that are as they were: most of a scan is what the last one returned, byte for byte."""

from collections.abc import Iterable

import msgspec

from store.dynamo.decode import Decoder, Row
from store.errors import Error

_SOME = 10_000  # rows, of 600 bytes


class RowCache:
    """Decodes rows, and returns for the bytes of a row read since the last full scan but one the same object again.

    A row is known by the hash of its bytes; the bytes would take more memory than the row. Python's hash has 64 bits
    and a secret seed: no writer can make two rows that are taken for one.

    Each renewal of a lease makes other bytes. Sweeps of what changed, of which any number may follow a full one, add
    at most twice the rows of that, and some; then the older half is forgotten, as by a full scan.
    """

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._rows: dict[int, Row] = {}
        self._last: dict[int, Row] = {}
        self._most = _SOME

    def __len__(self) -> int:
        return len(self._rows) + len(self._last)

    def begin(self, *, is_full: bool = True) -> None:
        """Begin a scan. What was not read since the last full one began is forgotten with the next full one."""
        if is_full:
            self._most = 0  # known after it
        elif not self._most:
            self._most = 3 * len(self._rows) + _SOME
        if is_full or len(self._rows) > self._most:
            self._last, self._rows = self._rows, {}

    def decode(self, items: Iterable[msgspec.Raw], errors: list[Error]) -> list[Row]:
        """Return the rows in `items`: see `Decoder.decode`. An unreadable row is decoded, and reported, each time."""
        found = []
        rows, last = self._rows, self._last
        for item in items:
            key = hash(bytes(item))
            row = last.get(key) or rows.get(key)
            if row is None:
                before = len(errors)
                row = self._decoder.row(item, errors)
                if row is None:
                    continue
                if len(errors) == before:
                    rows[key] = row
            else:
                rows[key] = row
            found.append(row)
        self._decoder.forget()
        return found
