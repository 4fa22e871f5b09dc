"""A cache of decoded rows: most rows of a scan are the same bytes as in the scan before."""

from collections.abc import Iterable

import msgspec

from store.dynamo.decode import Decoder, Row
from store.errors import Error

_SLACK = 10_000  # rows of about 600 bytes


class RowCache:
    """Decodes rows, and returns the same object for the same bytes.

    A row is kept if it was read since the full scan before the last one began. The key of a row is the hash of its
    bytes, which would take more memory than the row. Python's hash has 64 bits and a secret seed, so that no
    writer can construct two rows with the same hash.

    Each renewal of a lease changes the bytes of its row, and any number of scans for changes may follow a full scan.
    Once they have added twice the number of rows of the full scan and `_SLACK`, the older rows are forgotten.
    """

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._rows: dict[int, Row] = {}
        self._last: dict[int, Row] = {}
        self._limit = _SLACK

    def __len__(self) -> int:
        return len(self._rows) + len(self._last)

    def begin(self, *, is_full: bool = True) -> None:
        """Begin a scan. A full scan forgets the rows that were not read since the previous full scan began."""
        if is_full:
            self._limit = 0  # set by the next scan for changes
        elif not self._limit:
            self._limit = 3 * len(self._rows) + _SLACK
        if is_full or len(self._rows) > self._limit:
            self._last, self._rows = self._rows, {}

    def decode(self, items: Iterable[msgspec.Raw], errors: list[Error]) -> list[Row]:
        """Return the rows in `items`: see `Decoder.decode`. An unreadable row is decoded, and reported, each time."""
        found = []
        decoded = 0
        rows, last = self._rows, self._last
        for item in items:
            key = hash(bytes(item))
            row = last.get(key) or rows.get(key)
            if row is None:
                before = len(errors)
                decoded += 1
                row = self._decoder.row(item, errors)
                if row is None:
                    continue
                if len(errors) == before:
                    rows[key] = row
            else:
                rows[key] = row
            found.append(row)
        self._decoder.forget(decoded)
        return found
