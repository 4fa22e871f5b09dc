"""`reflowtop inspect`."""

import itertools
import json
from datetime import timedelta

import pytest

from store import (
    Error,
)
from tests.support.log_world import INSPECT, TASK, LogWorld
from tests.support.rows import NOW, OOM
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tui.commands.inspect import print_inspect
from tui.commands.logs import print_log
from tui.exit_status import ExitCode
from tui.logs.selection import LogSelection
from tui.settings import Settings
from tui.text.json_text import mask_secrets

Captured = pytest.CaptureFixture[bytes]
SETTINGS = Settings(table="reflow-prod")


async def test_inspect_is_printed_as_text_and_json(world: LogWorld, capsys: pytest.CaptureFixture[str]) -> None:
    await world.end_task()
    await print_inspect(world.db, SETTINGS, "4f2a91c0", lambda: NOW, as_json=False)
    out = capsys.readouterr().out
    assert "ident      samtools.sort\n" in out
    assert "command    samtools sort\n           ␛]0;x␇\n" in out
    await print_inspect(world.db, SETTINGS, "4f2a91c0", lambda: NOW, as_json=True)
    assert json.loads(capsys.readouterr().out) == INSPECT


async def test_missing_inspect_is_explained(world: LogWorld, capsys: pytest.CaptureFixture[str]) -> None:
    async def why(id: str = "4f2a91c0") -> str:
        assert await print_inspect(world.db, SETTINGS, id, lambda: world.now, as_json=False) is ExitCode.FAILED
        return capsys.readouterr().err

    with pytest.raises(Error, match="this is a run; give the id of one of its tasks"):
        await why("77aa01ff")
    assert "no inspect yet: it is written when the task ends" in await why()
    world.now = NOW + timedelta(hours=1)
    assert "it is lost" in await why()
    await world.db.set_task_complete(TASK, OOM, NOW)
    assert "no inspect: it ended without writing one" in await why()


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"[1]", "inspect sha256:"), (b" " * 17 * 1024 * 1024, "larger than 16 MiB, so not an inspect")],
)
async def test_invalid_inspect_is_an_error(
    content: bytes, message: str, world: LogWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    digests = [await world.repository.put(data) for data in (b"", b"", content)]
    await world.db.set_task_attrs(TASK, *digests)
    assert await print_inspect(world.db, SETTINGS, "4f2a91c0", lambda: NOW, as_json=True) is ExitCode.FAILED
    assert message in capsys.readouterr().err


async def test_secrets_are_masked_on_request(
    world: LogWorld, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    content = {"Config": {"Ident": "sort", "Cmd": "samtools sort --password hunter2x"}, "State": "complete"}
    digests = [await world.repository.put(data) for data in (b"", b"", json.dumps(content).encode())]
    await world.db.set_task_attrs(TASK, *digests)
    request.addfinalizer(lambda: mask_secrets(False))
    for is_masked, as_json in itertools.product((False, True), repeat=2):
        mask_secrets(is_masked)
        await print_inspect(world.db, SETTINGS, "4f2a91c0", lambda: NOW, as_json=as_json)
        printed = capsys.readouterr().out
        assert "samtools sort" in printed
        assert ("hunter2x" in printed) is not is_masked


async def test_an_id_that_cannot_be_looked_up_fails_as_in_other_commands() -> None:
    db, settings = ScriptedDB(), Settings(table="reflow-prod")
    db.failure = THROTTLED
    with pytest.raises(Error) as raised:
        await print_inspect(db, settings, "77aa01ff", lambda: NOW, as_json=True)
    assert raised.value is THROTTLED
    with pytest.raises(Error) as raised:
        await print_log(db, settings, "77aa01ff", None, LogSelection(), following=False)
    assert raised.value is THROTTLED
