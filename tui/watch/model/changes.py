"""The changes that a merge made to the model."""

import msgspec

from store import Digest, RunID


class Changes(msgspec.Struct):
    """The ids of rows that a merge added, changed (with the names of the fields) and removed.

    `runs` are the runs with any difference: in the row, the state or the tasks.
    """

    added: set[Digest] = msgspec.field(default_factory=set)
    changed: dict[Digest, set[str]] = msgspec.field(default_factory=dict)
    removed: set[Digest] = msgspec.field(default_factory=set)
    runs: set[RunID] = msgspec.field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.runs)

    def update(self, other: "Changes") -> None:
        """Add the changes of a later merge. A row that was added and then removed counts as removed, and vice versa."""
        # In place: copies of the ids that a first scan added would take 25 ms.
        self.removed -= other.added
        self.removed |= other.removed
        self.added |= other.added
        self.added -= other.removed
        for id, fields in other.changed.items():
            self.changed.setdefault(id, set()).update(fields)
        for id in other.removed:
            self.changed.pop(id, None)
        self.runs |= other.runs
