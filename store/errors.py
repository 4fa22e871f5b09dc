"""reflow's chained errors, and their stored JSON."""

import asyncio
import enum
from collections.abc import Iterator, Sequence
from typing import Any, Self

from store import gojson


class ErrorKind(enum.StrEnum):
    """What sort of failure an Error is; the values are the names stored in the table."""

    OTHER = "Other"
    CANCELED = "Canceled"
    TIMEOUT = "Timeout"
    TEMPORARY = "Temporary"
    NOT_EXIST = "NotExist"
    NOT_ALLOWED = "NotAllowed"
    NOT_SUPPORTED = "NotSupported"
    TOO_MANY_TRIES = "TooManyTries"
    INTEGRITY = "Integrity"
    RESOURCES_EXHAUSTED = "ResourcesExhausted"
    EVAL = "Eval"
    UNAVAILABLE = "Unavailable"
    FATAL = "Fatal"
    INVALID = "Invalid"
    NET = "Net"
    PRECONDITION = "Precondition"
    OOM = "OOM"
    MODULE = "Module"
    DOCKER_EXEC = "DockerExec"

    @property
    def description(self) -> str:
        """The words that the Go code prints for the kind."""
        return _DESCRIPTIONS[self]


_DESCRIPTIONS = {
    ErrorKind.OTHER: "unknown error",
    ErrorKind.CANCELED: "canceled",
    ErrorKind.TIMEOUT: "timeout",
    ErrorKind.TEMPORARY: "temporary",
    ErrorKind.NOT_EXIST: "resource does not exist",
    ErrorKind.NOT_ALLOWED: "access denied",
    ErrorKind.NOT_SUPPORTED: "operation not supported",
    ErrorKind.TOO_MANY_TRIES: "too many tries",
    ErrorKind.INTEGRITY: "integrity error",
    ErrorKind.RESOURCES_EXHAUSTED: "resources exhausted",
    ErrorKind.EVAL: "evaluation error",
    ErrorKind.UNAVAILABLE: "unavailable",
    ErrorKind.FATAL: "fatal",
    ErrorKind.INVALID: "invalid",
    ErrorKind.NET: "network error",
    ErrorKind.PRECONDITION: "precondition was not met",
    ErrorKind.OOM: "OOM error",
    ErrorKind.MODULE: "module",
    ErrorKind.DOCKER_EXEC: "docker exec",
}

# Where an exception of another library ends up; the first match counts. The Go code maps the same conditions.
_RECOVERED: tuple[tuple[type[BaseException], ErrorKind], ...] = (
    (asyncio.CancelledError, ErrorKind.CANCELED),
    (TimeoutError, ErrorKind.TIMEOUT),
    (FileNotFoundError, ErrorKind.NOT_EXIST),
    (PermissionError, ErrorKind.NOT_ALLOWED),
    (ConnectionError, ErrorKind.NET),
)


class Error(Exception):
    """A failure: its kind, the operation, the operation's arguments, and what caused it.

    `cause` is another Error, any exception, a text, or None. Errors are compared by what they store.
    `str()` is what the Go code prints: a cause that is an Error goes on a line of its own.
    """

    kind: ErrorKind
    op: str
    args: tuple[str, ...]
    cause: BaseException | None

    def __init__(
        self,
        kind: ErrorKind = ErrorKind.OTHER,
        op: str = "",
        args: Sequence[str] = (),
        cause: BaseException | str | None = None,
    ) -> None:
        super().__init__()
        self.kind = ErrorKind(kind)
        self.op = op
        self.args = tuple(map(str, args))
        self.cause = Exception(cause) if isinstance(cause, str) else cause
        if self.cause is not None:
            self.__cause__ = self.cause

    @classmethod
    def recover(cls, error: BaseException) -> "Error":
        """`error` itself if it is an Error, else an Error of the kind that fits, with `error` as its cause."""
        if isinstance(error, Error):
            return error
        kind = next((kind for type_, kind in _RECOVERED if isinstance(error, type_)), ErrorKind.OTHER)
        return Error(kind, cause=error)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """The error in stored JSON, as the tree that is stored; keys in any case, as the Go decoder takes them.

        Raises Error INVALID for what the Go decoder refuses: text that is not JSON, a value of another type,
        and a plain error (one with text) at the top.
        """
        import json  # no error stands in the first frame of a dashboard

        try:
            value = json.loads(text)
            nodes = list(_nodes(value))
        except (ValueError, RecursionError) as error:
            raise Error(ErrorKind.INVALID, "parse error", (str(text)[:200],), error) from error
        cause: BaseException | None = None
        for op, args, kind, plain in reversed(nodes[1:]):
            is_plain = plain or not (op or args or kind or cause)
            cause = Exception(plain) if is_plain else Error(_kind(kind), op, args, cause)
        op, args, kind, plain = nodes[0]
        if plain:
            raise Error(ErrorKind.INVALID, "parse error", (str(text)[:200],), "a plain error has no kind")
        return cls(_kind(kind), op, args, cause)

    def to_json(self) -> str:
        """The JSON that the Go code stores for this error."""
        opened = []
        inner = ""
        for node in self.chain():
            if isinstance(node, Error):
                args = f"[{','.join(map(gojson.string, node.args))}]" if node.args else "null"
                opened.append(f'{{"Op":{gojson.string(node.op)},"Arg":{args},"Kind":"{node.kind}"')
            else:
                inner = f',"Cause":{{"Op":"","Arg":null,"Kind":"","Error":{gojson.string(_text(node))}}}'
        for head in reversed(opened[1:]):
            inner = f',"Cause":{head}{inner},"Error":""}}'
        return f'{opened[0]}{inner},"Error":""}}'

    def chain(self) -> Iterator[BaseException]:
        """This error, its cause, the cause's cause and so on; the last may be a plain exception.

        The cause is that of `raise ... from` where no other was given. A circle ends where it would begin again.
        """
        node: BaseException | None = self
        seen = set()
        while node is not None and id(node) not in seen:
            seen.add(id(node))
            yield node
            node = (node.cause or node.__cause__) if isinstance(node, Error) else None

    def __str__(self) -> str:
        text = ""
        for node in self.chain():
            if not isinstance(node, Error):
                return f"{text}: {_text(node)}" if text else _text(node)
            words = ([node.op] if node.op else []) + list(node.args)
            head = " ".join(words)
            if node.kind is not ErrorKind.OTHER:
                head = f"{head}: {node.kind.description}" if words else node.kind.description
            separator = ":\n\t" if words else ": "
            text = f"{text}{separator}{head}" if text and head else text or head
        return text

    def __repr__(self) -> str:
        return f"Error({self.kind!s}, {self.op!r}, {self.args!r}, {self.cause!r})"

    def __eq__(self, other: object) -> bool:
        return self.to_json() == other.to_json() if isinstance(other, Error) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __reduce__(self) -> tuple[Any, ...]:
        return Error, (self.kind, self.op, self.args, self.cause)


def _text(error: BaseException) -> str:
    # Many built-in exceptions have no text of their own: their name says more than nothing.
    try:
        text = str(error)
    except Exception:  # not ours, and no reason to lose what it is the cause of
        text = ""
    return text or ("" if type(error) is Exception else type(error).__name__)


def _kind(name: str) -> ErrorKind:
    try:
        return ErrorKind(name)
    except ValueError:
        return ErrorKind.OTHER


def _nodes(value: object) -> Iterator[tuple[str, tuple[str, ...], str, str]]:
    """Op, Arg, Kind and Error of the stored error and of each cause below it; raises ValueError for other shapes."""
    depth = 0
    while value is not None or not depth:
        depth += 1
        if value is not None and not isinstance(value, dict):
            raise ValueError(f"a {type(value).__name__} instead of an object")
        fields = {name.lower(): field for name, field in (value or {}).items() if field is not None}
        texts = [fields.get(name, "") for name in ("op", "kind", "error")]
        args = fields.get("arg", [])
        if not isinstance(args, list) or not all(isinstance(text, str) for text in [*texts, *args]):
            raise ValueError("a field of an unexpected type")
        op, kind, plain = map(gojson.utf8, texts)
        yield op, tuple(map(gojson.utf8, args)), kind, plain
        value = fields.get("cause")
