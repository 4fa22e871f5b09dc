"""Where a setting came from."""

import dataclasses
import functools
from collections.abc import Mapping

from tui.settings import toml_lines as lines


@dataclasses.dataclass(frozen=True)
class Origin:
    """A flag, a variable, a file, or the `key` in a file whose text is the TOML `toml`."""

    text: str
    key: str = ""
    toml: str = dataclasses.field(default="", repr=False)

    @property
    def place(self) -> str:
        """The flag, the variable, or the file and the line."""
        line = _lines(self.toml).get(self.key) if self.key else None
        return f"{self.text}:{line}" if line else self.text

    def __str__(self) -> str:
        """The place, and the key there: what a complaint begins with."""
        return f"{self.place}: {self.key}" if self.key else self.place


DEFAULT = Origin("default")


@functools.cache
def _lines(toml: str) -> Mapping[str, int]:
    return lines.of_keys(toml)
