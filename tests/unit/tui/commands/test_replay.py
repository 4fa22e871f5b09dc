"""`reflowtop --replay`."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from store.times import format_time
from tests.support.recorded import HEADER, recorded, without_end
from tests.support.rows import NOW
from tui import app, cli, exit_status
from tui.commands import dashboard, replay
from tui.settings import Settings
from tui.watch.recording.follower import Follower

SETTINGS = Settings(table="reflow-prod", region="us-west-2", interval=timedelta(seconds=5))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "night.reflowtop"


@pytest.fixture
def run_arguments(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The arguments of `app.run`."""
    arguments: list[Any] = []

    def run(*args: Any) -> int:
        arguments.extend(args)
        return 0

    monkeypatch.setattr(dashboard, "require_terminal", lambda context, instead: None)
    monkeypatch.setattr(app, "run", run)
    return iter([arguments])


async def test_replay_ignores_table_settings(
    path: Path, monkeypatch: pytest.MonkeyPatch, run_arguments: Iterator[list[Any]]
) -> None:
    (await recorded()).write(path)
    monkeypatch.setenv("REFLOWTOP_TABLE", "reflow-dev")
    monkeypatch.setenv("REFLOWTOP_BUCKET", "logs")
    args = ["--replay", str(path), "--since", "1h", "--user", "amy", "state:failing"]
    assert await asyncio.to_thread(exit_status.run_command, cli.reflowtop, args) == 0
    settings, _, replay = next(run_arguments)
    assert (settings.table, settings.region, settings.bucket) == ("reflow-prod", "us-west-2", None)
    assert (settings.since.text, settings.user, settings.filter.text) == ("1h", "amy", "state:failing")
    assert replay.history.header == HEADER


async def test_replay_opens_at_a_time(path: Path, run_arguments: Iterator[list[Any]]) -> None:
    (await recorded()).write(path)
    until = format_time(NOW + timedelta(seconds=5))
    args = ["--replay", str(path), "--until", until]
    assert await asyncio.to_thread(exit_status.run_command, cli.reflowtop, args) == 0
    _, _, replay = next(run_arguments)
    assert (replay.now(), replay.is_paused) == (NOW + timedelta(seconds=5), True)


async def test_a_growing_recording_opens_at_a_time_too(path: Path, run_arguments: Iterator[list[Any]]) -> None:
    (await recorded()).write(path)
    await asyncio.to_thread(path.write_bytes, without_end(await asyncio.to_thread(path.read_bytes)))
    args = ["--replay", str(path), "--until", format_time(NOW + timedelta(seconds=5))]
    assert await asyncio.to_thread(exit_status.run_command, cli.reflowtop, args) == 0
    _, _, follower = next(run_arguments)
    assert (follower.now(), follower.is_following) == (NOW + timedelta(seconds=5), False)


@pytest.mark.parametrize("is_growing", [False, True])
async def test_replay_of_a_time_before_the_recording(
    is_growing: bool, path: Path, capsys: pytest.CaptureFixture[str], run_arguments: Iterator[list[Any]]
) -> None:
    (await recorded()).write(path)
    if is_growing:
        await asyncio.to_thread(path.write_bytes, without_end(await asyncio.to_thread(path.read_bytes)))
    args = ["--replay", str(path), "--until", "2026-10-01"]
    assert await asyncio.to_thread(exit_status.run_command, cli.reflowtop, args) == 2
    assert "--until 2026-10-01 is before the recording, which starts at" in capsys.readouterr().err


async def test_replay_uses_the_recorded_window(path: Path, run_arguments: Iterator[list[Any]]) -> None:
    (await recorded()).write(path, type(HEADER)("reflow-prod", since="3h"))
    assert await asyncio.to_thread(exit_status.run_command, cli.reflowtop, ["--replay", str(path)]) == 0
    assert next(run_arguments)[0].since.text == "3h"


@pytest.mark.parametrize("since", ["", "\x1b[2J", "soon"])
def test_invalid_recorded_window_is_ignored(since: str) -> None:
    found = replay.apply_header(type(HEADER)("t", since=since), SETTINGS, NOW)
    assert found.since == SETTINGS.since


async def test_a_growing_recording_is_followed_with_the_logs_of_the_user(
    path: Path, monkeypatch: pytest.MonkeyPatch, run_arguments: Iterator[list[Any]]
) -> None:
    (await recorded()).write(path)
    await asyncio.to_thread(path.write_bytes, without_end(await asyncio.to_thread(path.read_bytes)))
    monkeypatch.setenv("REFLOWTOP_TABLE", "reflow-prod")
    monkeypatch.setenv("REFLOWTOP_BUCKET", "logs")
    args = ["--replay", str(path), "--user", "amy"]
    assert await asyncio.to_thread(exit_status.run_command, cli.reflowtop, args) == 0
    settings, _, follower = next(run_arguments)
    assert isinstance(follower, Follower)
    assert (settings.table, settings.bucket, settings.user) == ("reflow-prod", "logs", "amy")
    assert follower.is_following


async def test_a_growing_recording_of_an_impossible_table_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch, run_arguments: Iterator[list[Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    (await recorded()).write(path, msgspec.structs.replace(HEADER, table="no table"))
    await asyncio.to_thread(path.write_bytes, without_end(await asyncio.to_thread(path.read_bytes)))
    code = await asyncio.to_thread(exit_status.run_command, cli.reflowtop, ["--replay", str(path)])
    assert (code, next(run_arguments)) == (exit_status.ExitCode.FAILED, [])
    error = capsys.readouterr().err
    assert error.startswith(f"reflowtop: {path} is damaged, or no recording of a table: 'no table' is not a table name")
    assert "--table" not in error


def test_invalid_recording_is_reported_without_heavy_imports(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("a text\n")
    code = (
        "import sys; from tui import cli; from tui import exit_status\n"
        "from tui.commands import dashboard; dashboard.require_terminal = lambda context, instead: None\n"
        f"assert exit_status.run_command(cli.reflowtop, ['--replay', {str(tmp_path / 'text')!r}]) == 1\n"
        "assert not {'textual', 'botocore', 'aiobotocore', 'boto3'} & set(sys.modules)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])}
    subprocess.run([sys.executable, "-c", code], env=env, check=True, timeout=60, capture_output=True)
