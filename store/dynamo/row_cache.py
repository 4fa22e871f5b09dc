"""Rows that are as they were: most of a sweep is what the last one returned, byte for byte."""

from collections.abc import Iterable

import msgspec

from store.dynamo.decode import Decoder, Row
from store.errors import Error


class RowCache:
    """Decodes rows, and returns for the bytes of a row read since the last full sweep but one the same object again.

    A row is known by the hash of its bytes; the bytes would take more memory than the row. Python's hash has 64 bits
    and a secret seed: no writer can make two rows that are taken for one.
    """

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._rows: dict[int, Row] = {}
        self._last: dict[int, Row] = {}

    def begin(self) -> None:
        """Begin a full sweep: what was not read since the last one began is forgotten."""
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
