"""The origin of a setting: a flag, a variable, or a line in a file."""

import msgspec

from tui.settings.key_lines import find_key_lines


class Origin(msgspec.Struct, frozen=True):
    """The place where a setting was given.

    `text` is the flag, the variable or the path of the file; `key` is the setting's key in the file, and `toml` the
    content of the file.
    """

    text: str
    key: str = ""
    toml: str = ""

    @property
    def place(self) -> str:
        """The flag, the variable, or the file and the line, such as `config.toml:3`."""
        line = find_key_lines(self.toml).get(self.key) if self.key else None
        return f"{self.text}:{line}" if line else self.text

    def __str__(self) -> str:
        """Return the place followed by the key in the file; error messages begin with it."""
        return f"{self.place}: {self.key}" if self.key else self.place


DEFAULT = Origin("default")
