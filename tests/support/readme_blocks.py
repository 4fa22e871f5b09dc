"""The blocks of code in a README, in order."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(?P<language>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"# (?P<name>\w+\.py)\n")


class Block(NamedTuple):
    """A block of code: its README, relative to the root, the line at which its text begins, and its language."""

    file: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        """The place of the block, for the names of tests."""
        return f"{self.file}:{self.line}"

    @property
    def file_name(self) -> str | None:
        """The file that the block is the content of, if its first line is a comment with a name of a Python file."""
        match = _NAME.match(self.text)
        return match["name"] if match else None


def blocks(file: str) -> Sequence[Block]:
    """Return the blocks of a README. Raises ValueError for a fence that is not closed."""
    text = (ROOT / file).read_text("utf-8")
    found = [
        Block(file, text.count("\n", 0, match.start("text")) + 1, match["language"], match["text"])
        for match in _BLOCK.finditer(text)
    ]
    fences = sum(line.lstrip().startswith("```") for line in text.splitlines())
    if fences != 2 * len(found):
        raise ValueError(f"{file}: {fences} fences for {len(found)} blocks")
    return found
