"""The inspect object of an exec, read and written: the engine's ExecInspect, typed."""

import statistics
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Self

import msgspec
from msgspec.structs import asdict

from store import gojson
from store.digest import Digest
from store.dynamo.encode import error_json
from store.errors import Error, ErrorKind
from store.repository import Repository
from store.resources import Resources
from store.times import parse_time, written_time

_ZERO_TIME = "0001-01-01T00:00:00Z"  # Go's and docker's, for a time that is not set


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """The usage of a resource by an exec over `n` samples from `first` to `last`.

    `max` and `mean` are in the unit of the resource, bytes or cores, and `var` in its square.
    """

    max: float = 0.0
    mean: float = 0.0
    var: float = 0.0
    n: int = 0
    first: datetime | None = None
    last: datetime | None = None

    @classmethod
    def measured(cls, samples: Iterable[tuple[datetime, float]]) -> Self:
        """Return the usage over samples, oldest first; each is a time and the amount then, in bytes or cores.

        `var` is the population variance. Without samples every number is 0.
        """
        taken = list(samples)
        if not taken:
            return cls()
        amounts = [float(amount) for _, amount in taken]
        mean, var = statistics.fmean(amounts), statistics.pvariance(amounts)
        return cls(max=max(amounts), mean=mean, var=var, n=len(taken), first=taken[0][0], last=taken[-1][0])


class ExecInspect(msgspec.Struct, frozen=True, kw_only=True):
    """An exec at the time of its inspection. Missing or malformed values are empty or None.

    `type` is `exec`, `intern` or `extern`; `command` is that of the exec, and `commands` are the processes that run.
    `resources` are those requested, `profile` those used: `cpu` in cores, `mem` and `disk` in bytes, and whatever else
    was sampled. `state` is the engine's word (`created`, `running`, `complete`), `status` is for people. `error` is the
    engine's error, `exec_error` the command's. `started` and `finished` are docker's times, with a time zone.
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
        """The time from docker's start to its finish, at least 0; None if either is unknown."""
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
    """Return the inspect in `data`, the JSON that the engine stores. Raises Error INVALID if it is no JSON object."""
    try:
        top = _Fields(msgspec.json.decode(data, type=dict[str, Any]))
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
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
        exit_code=docker.integer("ExitCode"),
        oom_killed=docker.get("OOMKilled", bool, False),
    )


def format_inspect(inspect: ExecInspect) -> bytes:
    """Return the JSON of an inspect, with the keys of the engine's ExecInspect, for `repository.put`.

    `parse_inspect` returns an equal one: text that is not valid Unicode has U+FFFD in place of what is not, and an
    error is cut as that of a task is. Keys of the engine that an ExecInspect has no field for have Go's zero value.
    Raises Error INVALID for a time without a time zone, an amount that is not finite, and a value of another type.
    """
    try:
        _check_types(inspect)
        for usage in inspect.profile.values():
            _check_types(usage)
        values = gojson.valid(_values(inspect))
    except ValueError as error:
        raise Error(ErrorKind.INVALID, "format inspect", (f"{inspect.ident!s:.100}",), error) from error
    errors = {"Error": inspect.error, "ExecError": inspect.exec_error}
    stored = {name: msgspec.Raw(error_json(error).encode()) for name, error in errors.items() if error is not None}
    return msgspec.json.encode(values | stored)


def _check_types(value: msgspec.Struct) -> None:
    """Raise ValueError if a field has another type than declared, because readers treat it as missing."""
    msgspec.convert(asdict(value), type(value))


def _values(inspect: ExecInspect) -> dict[str, Any]:
    return {
        "Created": _time(inspect.created),
        "Config": {
            "Type": inspect.type,
            "Ident": inspect.ident,
            "URL": inspect.url,
            "Image": inspect.image,
            "OriginalImage": inspect.original_image,
            "Cmd": inspect.command,
            "Args": None,
            "Resources": inspect.resources,
            "NeedAWSCreds": False,
            "NeedDockerAccess": False,
        },
        "State": inspect.state,
        "Status": inspect.status,
        "Profile": {name: _usage_values(usage) for name, usage in inspect.profile.items()},
        "Gauges": {name: float(value) for name, value in inspect.gauges.items()},
        "Commands": inspect.commands,
        "Docker": _docker_values(inspect) | {"Mounts": None, "Config": None, "NetworkSettings": None},
    }


def _time(time: datetime | None) -> str:
    return _ZERO_TIME if time is None else written_time(time, exact=True)


def _usage_values(usage: Usage) -> dict[str, Any]:
    return {
        "Max": float(usage.max),
        "Mean": float(usage.mean),
        "Var": float(usage.var),
        "N": usage.n,
        "First": _time(usage.first),
        "Last": _time(usage.last),
    }


def _docker_values(inspect: ExecInspect) -> dict[str, Any]:
    started, finished = inspect.started is not None, inspect.finished is not None
    if not (started or finished or inspect.oom_killed or inspect.exit_code is not None):
        return {}  # an intern or extern, or an exec without a container yet
    state: dict[str, Any] = {
        "Status": "exited" if finished else "running" if started else "created",
        "Running": started and not finished,
        "OOMKilled": inspect.oom_killed,
        "StartedAt": _time(inspect.started),
        "FinishedAt": _time(inspect.finished),
    }
    return {"State": state if inspect.exit_code is None else state | {"ExitCode": inspect.exit_code}}


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

    def integer(self, name: str) -> int | None:
        value = self.values.get(name)
        return value if type(value) is int else None

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
