import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from textual.app import App, SuspendNotSupported

from store import Error, ErrorKind, LocalRepository, Log
from store.logs.object_log import ObjectLog
from tests.support.rows import task_id
from tui.logs.tabs import Tab
from tui.screens.log import log_files
from tui.terminal import new_files

TEXT = b"line 1\nline 2\n"


class Lender(App[object]):
    """An app that lends its terminal, or cannot."""

    def __init__(self, *, can_suspend: bool = True) -> None:
        super().__init__()
        self.can_suspend = can_suspend

    @contextmanager
    def suspend(self) -> Iterator[None]:
        if not self.can_suspend:
            raise SuspendNotSupported
        yield


@pytest.fixture
async def log(tmp_path: Path) -> Log:
    repository = LocalRepository(tmp_path / "repository")
    return ObjectLog(repository, await repository.put(TEXT), len(TEXT))


async def test_a_log_is_saved_to_a_new_file(log: Log, tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    assert await log_files.save(log, path, 100) == f"14B saved to {new_files.shorten(path, 87)}"
    assert path.read_bytes() == TEXT
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        await log_files.save(log, path, 100)


async def test_a_log_is_not_saved_through_a_link(log: Log, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "theirs")
    with pytest.raises(FileExistsError):
        await log_files.save(log, tmp_path / "link", 100)
    assert not (tmp_path / "theirs").exists()


def test_the_suggested_file_is_new_and_in_the_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_files, "state_folder", lambda: tmp_path)
    first = log_files.suggest(task_id(1), Tab.STDERR)
    assert first == tmp_path / f"reflowtop-{task_id(1).short}-stderr.log"
    first.touch()
    assert log_files.suggest(task_id(1), Tab.STDERR) == tmp_path / f"reflowtop-{task_id(1).short}-stderr-2.log"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def test_a_program_is_given_a_copy_that_is_removed(log: Log, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", 'sh -c \'cp "$1" copy; echo "$1" > name\' sh')
    await log_files.show_in(Lender(), log, "EDITOR")
    assert (here / "copy").read_bytes() == TEXT
    assert not os.path.exists((here / "name").read_text().strip())  # noqa: ASYNC240, PTH110 - a local file


@pytest.mark.parametrize("value", ["", "  ", None])
async def test_without_a_value_a_variable_names_its_default(
    value: str | None, log: Log, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    less = here / "less"
    less.write_text('#!/bin/sh\n/bin/cp "$1" copy\n')
    less.chmod(0o700)
    monkeypatch.setenv("PATH", str(here))
    if value is None:
        monkeypatch.delenv("PAGER", raising=False)
    else:
        monkeypatch.setenv("PAGER", value)
    await log_files.show_in(Lender(), log, "PAGER")
    assert (here / "copy").read_bytes() == TEXT


async def test_a_variable_that_is_no_command_is_invalid(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "less 'x")
    with pytest.raises(Error, match="No closing quotation") as caught:
        await log_files.show_in(Lender(), log, "PAGER")
    assert (caught.value.kind, caught.value.args) == (ErrorKind.INVALID, ("PAGER=less 'x",))


async def test_a_program_that_does_not_exist_is_an_error(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "no-such-pager")
    with pytest.raises(FileNotFoundError, match="no-such-pager"):
        await log_files.show_in(Lender(), log, "PAGER")


async def test_a_terminal_that_cannot_be_lent_is_an_error(log: Log) -> None:
    with pytest.raises(Error) as caught:
        await log_files.show_in(Lender(can_suspend=False), log, "PAGER")
    assert caught.value.kind is ErrorKind.NOT_SUPPORTED


async def test_a_huge_log_is_not_copied(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "_MOST", 10)
    with pytest.raises(Error, match="14B is too large to open") as caught:
        await log_files.show_in(Lender(), log, "PAGER")
    assert caught.value.kind is ErrorKind.NOT_SUPPORTED
