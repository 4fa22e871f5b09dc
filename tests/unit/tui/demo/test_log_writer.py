"""Writing the logs of the simulated cluster."""

import json
from typing import Never

import pytest
from botocore.exceptions import ReadTimeoutError

from store import Error, ErrorKind, Liveness, Task
from tests.support.simulated import Kept, World
from tui.demo.log_writer import CloudWatchStreams


@pytest.mark.parametrize("minutes", [0, 5])
async def test_every_digest_resolves(logged_world: World, minutes: int) -> None:
    await logged_world.clock.advance(minutes * 60)
    ended = [task for task in logged_world.rows(Task) if task.end is not None]
    assert all(task.stderr for task in ended if task.err is not None)
    for task in ended:
        if not task.stderr:
            continue
        assert logged_world.kept.objects[task.stdout]
        stream = f"{task.uri.split('/', 1)[1]}/stderr"
        reference = {"Type": "cloudwatch", "LogGroupName": "reflow", "LogStreamName": stream}
        assert json.loads(logged_world.kept.objects[task.stderr]) == reference
        events = logged_world.kept.streams[stream]
        assert events == sorted(dict.fromkeys(events), key=lambda event: event[0])
        assert task.start is not None
        assert task.end is not None
        assert task.start <= events[0][0] <= events[-1][0] <= task.end
        assert bool(task.result_id) == (task.err is None)
        assert task.err is not None or logged_world.kept.objects[task.result_id]
        inspect = json.loads(logged_world.kept.objects[task.inspect])
        assert inspect["Config"]["Ident"] == task.ident
        assert ("ExecError" in inspect) == (task.err is not None)


async def test_stderr_of_running_tasks_grows(logged_world: World) -> None:
    await logged_world.clock.advance(100)
    running = [task for task in logged_world.rows(Task) if logged_world.liveness(task) is Liveness.LIVE]
    streams = {task.id: f"{task.uri.split('/', 1)[1]}/stderr" for task in running}
    before = {id: len(logged_world.kept.streams.get(stream, ())) for id, stream in streams.items()}
    assert sum(map(bool, before.values())) > len(running) / 2
    await logged_world.clock.advance(60)
    assert any(len(logged_world.kept.streams[stream]) > before[id] > 0 for id, stream in streams.items() if before[id])


async def test_stderr_goes_on_after_an_outage_of_the_service(
    logged_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> Never:
        raise Error(ErrorKind.TIMEOUT, "logs.PutLogEvents", (), "no answer")

    await logged_world.clock.advance(10)
    with monkeypatch.context() as outage:
        outage.setattr(Kept, "write", fail)
        before = {stream: len(events) for stream, events in logged_world.kept.streams.items()}
        await logged_world.clock.advance(20)
    await logged_world.clock.advance(10)
    grown = [stream for stream, lines in before.items() if len(logged_world.kept.streams[stream]) > lines]
    assert grown
    for stream in grown:
        times = [time for time, _ in logged_world.kept.streams[stream]]
        assert times == sorted(times)


async def test_errors_of_cloudwatch_are_errors_of_the_store() -> None:
    class Client:
        class exceptions:  # noqa: N801 - as in aiobotocore
            ResourceAlreadyExistsException = KeyError

        async def create_log_stream(self, **_: object) -> Never:
            raise ReadTimeoutError(endpoint_url="http://127.0.0.1")

    with pytest.raises(Error) as raised:
        await CloudWatchStreams(Client()).write("a/b/stderr", [])
    assert raised.value.kind is ErrorKind.TIMEOUT
