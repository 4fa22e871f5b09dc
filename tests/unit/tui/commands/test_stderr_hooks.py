"""Messages that Python and libraries write to stderr."""

import gc
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator

import pytest

from tui.commands import stderr_hooks

SECRET = "\x1b]52;c;cHduZWQ=\x07 token=hunter2x http://amy:hunter2x@h/"


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for owner, name in ((logging, "lastResort"), (threading, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    with warnings.catch_warnings():  # restores how they are shown
        warnings.simplefilter("always")
        stderr_hooks.install()
        yield


class Finalized:
    """Fails while it is collected."""

    def __del__(self) -> None:
        raise OSError(SECRET)


def fail() -> None:
    raise OSError(SECRET)


def warn() -> None:
    warnings.warn(SECRET, stacklevel=1)


def log() -> None:
    logger = logging.Logger("foreign")  # without a handler, as those of libraries
    logger.warning("bad %s", SECRET)
    logger.info("unimportant")
    try:
        fail()
    except OSError:
        logger.exception("failed")
    logger.error("%d", "no number")


def run_thread() -> None:
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


def collect() -> None:
    Finalized()
    gc.collect()


@pytest.mark.parametrize(
    ("cause", "lines"),
    [
        (warn, ["UserWarning: "]),
        (log, ["bad ", "failed: ", "cannot be shown: TypeError"]),
        (run_thread, ["token=[redacted]"]),
        (collect, ["token=[redacted]"]),
    ],
)
def test_stderr_messages_are_masked_and_have_no_control_characters(
    cause: Callable[[], None], lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    cause()
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) == len(lines), shown
    for line, part in zip(shown, lines, strict=True):
        assert line.startswith("reflowtop: ")
        assert part in line
        assert "hunter2x" not in line
        assert line.isprintable()
