"""The sequences that an app without a terminal would have written to one, beside what it draws."""

import base64
import re

import pytest
from textual.drivers.headless_driver import HeadlessDriver

_POINTER = re.compile(r"\x1b\]22;\w+\a")  # what the mouse looks like


class Written:
    """Takes down what is written to the terminal: nothing of what is drawn is, without one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.text = ""
        monkeypatch.setattr(HeadlessDriver, "write", lambda _, data: self._write(data))

    def _write(self, data: str) -> None:
        self.text += _POINTER.sub("", data)

    @property
    def clipboard(self) -> str:
        """The text that OSC 52 put on the clipboard last."""
        *_, last = re.findall(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\a", self.text)
        return base64.b64decode(last).decode()
