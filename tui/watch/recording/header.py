"""What a recording is of."""

import msgspec


class Header(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was recorded, from where, and with which settings: `since` as it was typed, `interval` in seconds.

    `program` is what wrote it, with its version.
    """

    table: str
    region: str = ""
    endpoint: str = ""
    since: str = ""
    interval: float = 5.0
    program: str = ""

    @property
    def place(self) -> str:
        """The table, told from others of that name. Not yet safe to show."""
        where = self.endpoint or self.region
        return f"the table {self.table}{f' at {where}' if where else ''}"
