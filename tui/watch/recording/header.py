"""The header of a recording."""

import msgspec


class Header(msgspec.Struct, frozen=True, omit_defaults=True):
    """The table that was recorded, and the settings: `since` as typed, `interval` in seconds.

    `program` is the writer, with its version. `logs` is whether texts of failed tasks are recorded.
    """

    table: str
    region: str = ""
    endpoint: str = ""
    since: str = ""
    interval: float = 5.0
    program: str = ""
    logs: bool = False

    @property
    def place(self) -> str:
        """The table and its region or endpoint. Not yet safe to show."""
        where = self.endpoint or self.region
        return f"the table {self.table}{f' at {where}' if where else ''}"
