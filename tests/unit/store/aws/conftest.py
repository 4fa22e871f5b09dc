"""Fixtures of several tests of credentials."""

from pathlib import Path

import pytest

from tests.support.aws_setups import Setup


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Setup:
    return Setup(monkeypatch, tmp_path)
