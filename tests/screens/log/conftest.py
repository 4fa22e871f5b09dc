"""A screen of a log, whose pages are small: a few thousand lines have many of them."""

from pathlib import Path
from typing import Any

import pytest

from store.aws.retry import Retries
from store.logs import object_log
from tests.support.log_screen import Shown


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shown:
    monkeypatch.setattr(object_log, "PAGE", 8 * 1024)
    return Shown(tmp_path)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry without a pause."""

    async def back_off(*_: Any, **__: Any) -> None:
        pass

    monkeypatch.setattr(Retries, "back_off", back_off)
