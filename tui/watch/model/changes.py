"""What a merge has changed, so that a screen touches only that."""

import msgspec

from store import Digest, RunID


class Changes(msgspec.Struct):
    """The ids of the rows that a merge added and removed, and of those it changed, with the names of the fields.

    `runs` are the runs of which anything is different: the row, the state, the tasks.
    """

    added: set[Digest] = msgspec.field(default_factory=set)
    changed: dict[Digest, set[str]] = msgspec.field(default_factory=dict)
    removed: set[Digest] = msgspec.field(default_factory=set)
    runs: set[RunID] = msgspec.field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.runs)

    def update(self, other: "Changes") -> None:
        """Add those of a later merge: a row that came and went is one that went, and the other way round."""
        self.removed = (self.removed - other.added) | other.removed
        self.added = (self.added | other.added) - other.removed
        for id, fields in other.changed.items():
            self.changed.setdefault(id, set()).update(fields)
        for id in other.removed:
            self.changed.pop(id, None)
        self.runs |= other.runs
