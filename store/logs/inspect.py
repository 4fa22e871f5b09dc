"""The inspect object of an exec: the engine's ExecInspect, typed."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec

from store.digest import Digest
from store.errors import Error, ErrorKind
from store.repository import Repository
from store.resources import Resources
from store.times import parse_time


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """The usage of a resource by an exec over `n` samples; in the unit of the resource: bytes, or CPUs."""

    max: float = 0.0
    mean: float = 0.0
    var: float = 0.0
    n: int = 0
    first: datetime | None = None
    last: datetime | None = None


class ExecInspect(msgspec.Struct, frozen=True, kw_only=True):
    """An exec as it was when it was inspected. What the engine did not write, or not as it should, is empty or None.

    `profile` has `cpu`, `mem`, `disk` and whatever else was sampled. `started` and `finished` are docker's times.
    """

    created: datetime | None = None
    type: str = ""
    ident: str = ""
    url: str = ""
    image: str = ""
    original_image: str = ""
    command: str = ""
    resources: Resources = Resources()
    state: str = ""
    status: str = ""
    error: Error | None = None
    exec_error: Error | None = None
    profile: Mapping[str, Usage] = {}
    gauges: Mapping[str, float] = {}
    commands: tuple[str, ...] = ()
    started: datetime | None = None
    finished: datetime | None = None
    exit_code: int | None = None
    oom_killed: bool = False

    @property
    def runtime(self) -> timedelta | None:
        """From docker's start to its finish; None if it has not got both."""
        if self.started is None or self.finished is None:
            return None
        return max(self.finished - self.started, timedelta())


MAX_BYTES = 16 << 20
"""The largest object that is read as an inspect: real ones take a few KB."""


async def read_inspect(repository: Repository, digest: Digest) -> bytes:
    """Return the inspect object with this digest, at most 16 MiB of JSON; `parse_inspect` takes it.

    Raises what the repository raises, and Error INTEGRITY for a larger object.
    """
    data = bytearray()
    async for chunk in repository.get(digest):
        data += chunk
        if len(data) > MAX_BYTES:
            limit = f"larger than {MAX_BYTES >> 20} MiB, so not an inspect"
            raise Error(ErrorKind.INTEGRITY, "read inspect", (str(digest),), limit)
    return bytes(data)


def parse_inspect(data: bytes) -> ExecInspect:
    """The inspect in `data`, the JSON that the engine stores. Raises Error INVALID for what is no JSON object."""
    try:
        top = _Fields(msgspec.json.decode(data, type=dict[str, Any]))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Error(ErrorKind.INVALID, "parse inspect", (str(Digest.compute(data)),), error) from error
    config, docker = top.fields("Config"), top.fields("Docker").fields("State")
    profile = top.fields("Profile")
    return ExecInspect(
        created=top.time("Created"),
        type=config.text("Type"),
        ident=config.text("Ident"),
        url=config.text("URL"),
        image=config.text("Image"),
        original_image=config.text("OriginalImage"),
        command=config.text("Cmd"),
        resources=Resources(config.fields("Resources").numbers()),
        state=top.text("State"),
        status=top.text("Status"),
        error=top.error("Error"),
        exec_error=top.error("ExecError"),
        profile={name: _usage(profile.fields(name)) for name in profile.values},
        gauges=top.fields("Gauges").numbers(),
        commands=tuple(text for text in top.get("Commands", list, []) if isinstance(text, str)),
        started=docker.time("StartedAt"),
        finished=docker.time("FinishedAt"),
        exit_code=docker.get("ExitCode", int, None),
        oom_killed=docker.get("OOMKilled", bool, False),
    )


class _Fields:
    """The fields of an untrusted JSON object; a field of another type than expected counts as absent."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def get(self, name: str, type_: type, default: Any) -> Any:
        value = self.values.get(name)
        return value if isinstance(value, type_) else default

    def fields(self, name: str) -> "_Fields":
        return _Fields(self.get(name, dict, {}))

    def text(self, name: str) -> str:
        return str(self.get(name, str, ""))

    def number(self, name: str) -> float:
        return self.numbers().get(name, 0.0)

    def numbers(self) -> dict[str, float]:
        numbers = {}
        for name, value in self.values.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                with suppress(OverflowError):
                    numbers[name] = float(value)
        return numbers

    def time(self, name: str) -> datetime | None:
        with suppress(Error):
            return parse_time(self.text(name))
        return None

    def error(self, name: str) -> Error | None:
        if not (value := self.get(name, dict, {})):
            return None
        with suppress(Error):
            return Error.from_json(msgspec.json.encode(value))
        return Error(cause=str(value))


def _usage(fields: _Fields) -> Usage:
    return Usage(
        max=fields.number("Max"),
        mean=fields.number("Mean"),
        var=fields.number("Var"),
        n=int(fields.number("N")),
        first=fields.time("First"),
        last=fields.time("Last"),
    )
