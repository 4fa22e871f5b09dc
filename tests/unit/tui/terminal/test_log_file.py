"""The log file of `--log-file`."""

import logging
import stat
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.full_disk import fill_disk
from tui import cli, exit_status
from tui.exit_status import ExitCode
from tui.terminal.log_file import LogFileError, OneLineFormatter, log_to


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    root = logging.getLogger()
    level = root.level
    yield
    root.setLevel(level)


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_records_are_single_lines_without_secrets_and_control_characters(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    end = log_to(path, print)
    try:
        logging.getLogger("store").warning("proxy %s\n\x1b]52;c;cHduZWQ=\a", "http://amy:hunter2@h/")
        try:
            raise ValueError("token=hunter2x")
        except ValueError:
            logging.getLogger("tui").exception("failed")
        logging.getLogger("aiobotocore.credentials").info("Found credentials in environment variables.")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("DB_PASS=hunter2x", stacklevel=1)
        logging.getLogger("botocore").debug("a body")
    finally:
        end()
    logging.getLogger("store").warning("later")
    first, second, found, third = lines(path)
    assert found.endswith("Z INFO aiobotocore.credentials: Found credentials in environment variables.")
    assert "Z WARNING store: proxy http://amy:[redacted]@h/␊␛]52;c;cHduZWQ=␇" in first
    assert "ERROR tui: failed␊Traceback" in second
    assert second.endswith("ValueError: token=[redacted]␊")
    assert "DB_PASS=[redacted]" in third
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_record_is_bounded() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "y" * 100_000, None, None)
    assert len(OneLineFormatter().format(record)) < 21_000


def test_a_secret_at_the_end_of_a_long_record_is_not_written_half() -> None:
    text = f"{'y' * 19_980} AKIAQ3EGRZ5XJ7WN2MBC"
    record = logging.LogRecord("x", logging.INFO, "", 0, text, None, None)
    assert "AKIA" not in OneLineFormatter().format(record)


def test_arguments_that_do_not_fit_are_not_shown() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "no %d", ("hunter2x",), None)
    assert OneLineFormatter().format(record).endswith("INFO x: a record that cannot be shown: TypeError")


def test_a_full_disk_ends_the_log_with_one_line_and_not_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fill_disk(monkeypatch)
    path = tmp_path / "a.log"
    assert exit_status.run_command(cli.reflowtop, ["settings", "--log-file", str(path)]) == ExitCode.OK
    reports: list[str] = []
    end = log_to(tmp_path / "b.log", reports.append)
    logging.getLogger("store").warning("token=%s", "hunter2x")
    logging.getLogger("store").warning("more")
    end()
    (report,) = reports
    assert report.startswith("--log-file: ")
    assert report.endswith("b.log: No space left on device; nothing more is logged")
    assert "hunter2x" not in capsys.readouterr().err


def test_nothing_is_overwritten_or_followed(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nothing")
    for path in (taken, link):
        with pytest.raises(LogFileError, match=f"--log-file: {path} exists already; name a new file"):
            log_to(path, print)
    with pytest.raises(LogFileError, match="No such file or directory"):
        log_to(tmp_path / "no" / "a.log", print)
    assert taken.read_text() == "mine"
    assert not (tmp_path / "nothing").exists()


def test_the_option_of_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.log"
    assert exit_status.run_command(cli.reflowtop, ["settings", "--log-file", str(path)]) is not ExitCode.USAGE
    assert path.exists()
    capsys.readouterr()
    assert exit_status.run_command(cli.reflowtop, ["settings", "--log-file", str(path)]) == ExitCode.USAGE
    assert "exists already" in capsys.readouterr().err
