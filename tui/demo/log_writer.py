"""Writes the logs of simulated tasks and runs to where the engine puts them: the repository and CloudWatch Logs."""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from store import Digest, format_inspect, format_trace
from store.aws.error_mapping import map_exception
from tui.demo import artifacts
from tui.demo.artifacts import Event
from tui.demo.run_plan import RunPlan, TaskPlan

GROUP = "reflow"


class Objects(Protocol):
    """The part of a repository that the writer uses."""

    async def put(self, data: bytes) -> Digest:
        """Store `data` and return its digest."""


class Streams(Protocol):
    """A log group of CloudWatch Logs."""

    async def write(self, stream: str, events: Sequence[Event]) -> None:
        """Append `events` to the stream; create it if it does not exist."""


class CloudWatchStreams:
    """The engine's log group in CloudWatch Logs, written through an aiobotocore client."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def create_group(self) -> None:
        """Create the group if it does not exist."""
        with suppress(self._client.exceptions.ResourceAlreadyExistsException):
            await self._client.create_log_group(logGroupName=GROUP)

    async def write(self, stream: str, events: Sequence[Event]) -> None:
        """Append `events` to the stream; create it if it does not exist. Raises Error."""
        try:
            with suppress(self._client.exceptions.ResourceAlreadyExistsException):
                await self._client.create_log_stream(logGroupName=GROUP, logStreamName=stream)
            await self._client.put_log_events(
                logGroupName=GROUP,
                logStreamName=stream,
                logEvents=[{"timestamp": int(time.timestamp() * 1000), "message": text} for time, text in events],
            )
        except (BotoCoreError, ClientError) as error:
            raise map_exception(error, "logs.PutLogEvents", (stream,)) from error


class TaskLogs(NamedTuple):
    """The log digests of a task, in the order of `TaskDB.set_task_attrs`."""

    stdout: Digest
    stderr: Digest
    inspect: Digest


class RunLogs(NamedTuple):
    """The log digests of a run, in the order of `TaskDB.set_run_complete`."""

    run_log: Digest
    eval_graph: Digest
    trace: Digest


class LogWriter:
    """Writes the logs of tasks and runs, and returns digests of stored objects."""

    def __init__(self, objects: Objects, streams: Streams) -> None:
        self._objects = objects
        self._streams = streams
        self._stored: dict[bytes, Digest] = {}  # small objects shared by many tasks

    async def progress(self, task: TaskPlan, since: datetime | None, until: datetime) -> None:
        """Write the lines of a task's stderr from after `since` up to `until`."""
        if events := [*artifacts.make_stderr(task, since, until)]:
            await self._streams.write(_stderr_stream(task), events)

    async def task(self, task: TaskPlan, since: datetime | None = None) -> TaskLogs:
        """Write the logs of a task that has ended. Its stderr up to `since` is already written."""
        await self.progress(task, since, task.life.stop)
        reference = {"Type": "cloudwatch", "LogGroupName": GROUP, "LogStreamName": _stderr_stream(task)}
        return TaskLogs(
            stdout=await self._put_shared(artifacts.make_stdout(task.step).encode()),
            stderr=await self._put_json(reference),
            inspect=await self._objects.put(format_inspect(artifacts.make_inspect(task))),
        )

    async def result(self, task: TaskPlan) -> Digest:
        """Write the result of a task."""
        return await self._put_json(artifacts.make_result(task))

    async def run(self, run: RunPlan) -> RunLogs:
        """Write the logs of a run that has ended."""
        return RunLogs(
            run_log=await self._objects.put(artifacts.make_run_log(run)),
            eval_graph=await self._put_shared(artifacts.make_eval_graph(run).encode()),
            trace=await self._objects.put(format_trace(artifacts.make_trace(run))),
        )

    async def _put_json(self, value: object) -> Digest:
        return await self._objects.put(json.dumps(value, separators=(",", ":")).encode())

    async def _put_shared(self, data: bytes) -> Digest:
        if data not in self._stored:
            self._stored[data] = await self._objects.put(data)
        return self._stored[data]


def _stderr_stream(task: TaskPlan) -> str:
    return f"{'/'.join(task.task.uri.split('/')[1:])}/stderr"
