"""The top of the repository: few files, all of them meant to be there."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOP = {"LICENSE", "README.md", "pyproject.toml", "screenshots", "store", "tests", "tui"}


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="a source distribution has no list of its tracked files")
def test_nothing_else_is_tracked_there() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = {name.partition("/")[0] for name in tracked.split("\0") if name}
    assert {name for name in names if not name.startswith(".")} == TOP, "move it below one of these folders"
