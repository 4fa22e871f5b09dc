"""The header and the end mark of a recording."""

import msgspec

from tui.watch.recording.validity import recordable_text


class Header(msgspec.Struct, frozen=True, omit_defaults=True):
    """The table that was recorded, and the settings: `since` as typed, `interval` in seconds.

    `program` is the writer, with its version, and `host` the machine that it runs on. `logs` is whether texts of failed
    tasks are recorded. `shared` is whether it is recorded for followers, and `part` the number of the file among those
    of a recording that is rotated.
    """

    table: str
    region: str = ""
    endpoint: str = ""
    since: str = ""
    interval: float = 5.0
    program: str = ""
    logs: bool = False
    host: str = ""
    shared: bool = False
    part: int = 0

    @property
    def place(self) -> str:
        """The table and its region or endpoint. Not yet safe to show."""
        where = self.endpoint or self.region
        return f"the table {self.table}{f' at {where}' if where else ''}"


def recordable(header: Header) -> Header:
    """Return a header with texts that a recording can hold."""
    texts = {
        name: recordable_text(value) for name, value in msgspec.structs.asdict(header).items() if isinstance(value, str)
    }
    return msgspec.structs.replace(header, **texts)


class End(msgspec.Struct, frozen=True, omit_defaults=True):
    """The end mark. `is_continued` is whether the recorder goes on in another file."""

    is_continued: bool = False
