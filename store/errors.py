"""The error type of the package: reflow's chained errors, their stored JSON, and what failed."""

import asyncio
import enum
from collections.abc import Iterator, Sequence
from typing import Any, Self

from store import gojson


class ErrorKind(enum.StrEnum):
    """The kind of an Error: Go's kinds. The values are the names stored in the table."""

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
        """The text that the Go code prints for the kind."""
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


# The parser of Python 3.11 refuses about a thousand levels, that of 3.13 none: every version refuses the same.
_MAX_CAUSES = 900


class FailureReason(enum.StrEnum):
    """The reason of a failure, for programs to act on: finer than the kind, and never stored in the table.

    `store.aws.error_mapping` sets it for exceptions of AWS; elsewhere the code that raises an Error does.
    """

    NO_TABLE = "no table"
    NO_INDEX = "no index"
    INDEX_NOT_READY = "index not ready"
    NO_ROW = "no row"
    ROW_TOO_LARGE = "row too large"
    NO_BUCKET = "no bucket"
    NO_OBJECT = "no object"
    NO_LOG_GROUP = "no log group"
    NO_LOG_STREAM = "no log stream"
    NO_LOG = "no log"  # the row names none
    DENIED = "denied"
    NO_CREDENTIALS = "no credentials"
    EXPIRED_CREDENTIALS = "expired credentials"  # also revoked, or unknown to AWS
    CLOCK_SKEW = "clock skew"
    UNTRUSTED_CERTIFICATE = "untrusted certificate"
    SETTINGS = "settings"  # region, profile or config file
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    SERVICE = "service"  # it answers, but fails
    BAD_REPLY = "bad reply"
    INVALID = "invalid"  # an argument or a query; the service refuses the request
    UNREADABLE = "unreadable"  # a stored value: the rest was read
    OTHER = "other"


# The reason of an Error that is given none, and whose cause has none.
_DEFAULT_REASONS = {
    ErrorKind.NOT_ALLOWED: FailureReason.DENIED,
    ErrorKind.TEMPORARY: FailureReason.THROTTLED,
    ErrorKind.TIMEOUT: FailureReason.TIMEOUT,
    ErrorKind.NET: FailureReason.UNREACHABLE,
    ErrorKind.INTEGRITY: FailureReason.BAD_REPLY,
    ErrorKind.UNAVAILABLE: FailureReason.SERVICE,
    ErrorKind.INVALID: FailureReason.INVALID,
}

# The kinds of exceptions of other libraries; the first match counts. The Go code maps the same conditions.
_RECOVERED: tuple[tuple[type[BaseException], ErrorKind], ...] = (
    (asyncio.CancelledError, ErrorKind.CANCELED),
    (TimeoutError, ErrorKind.TIMEOUT),
    (FileNotFoundError, ErrorKind.NOT_EXIST),
    (PermissionError, ErrorKind.NOT_ALLOWED),
    (ConnectionError, ErrorKind.NET),
)


class Error(Exception):
    """A failure: its kind, the operation, the operation's arguments, and the cause.

    `cause` is another Error, any exception, a text, or None. `own_kind` is the kind that was passed; if it is OTHER,
    `kind` is the kind of the cause, as in the Go code. `reason` says what failed; it defaults to the reason of a cause
    that is an Error, else to the usual reason for the kind. Two errors are equal if their stored JSON is equal, which
    has the original tree without reasons. `str()` returns the text of the Go code: a cause that is an Error starts a
    new line, and a kind that it shares with the Error around it is printed only there (`E` in reflow's
    errors/errors.go).
    """

    own_kind: ErrorKind
    op: str
    args: tuple[str, ...]
    cause: BaseException | None
    reason: FailureReason

    def __init__(
        self,
        kind: ErrorKind = ErrorKind.OTHER,
        op: str = "",
        args: Sequence[str] = (),
        cause: BaseException | str | None = None,
        reason: FailureReason | None = None,
    ) -> None:
        super().__init__()
        self.own_kind = ErrorKind(kind)
        self.op = op
        self.args = tuple(map(str, args))
        self.cause = Exception(cause) if isinstance(cause, str) else cause
        if self.cause is not None:
            self.__cause__ = self.cause
        if reason is not None:
            self.reason = reason
        elif isinstance(cause, Error):
            self.reason = cause.reason
        else:
            self.reason = _DEFAULT_REASONS.get(self.kind, FailureReason.OTHER)

    @classmethod
    def recover(cls, error: BaseException) -> "Error":
        """Return `error` if it is an Error, else an Error of the matching kind with `error` as its cause."""
        if isinstance(error, Error):
            return error
        kind = next((kind for type_, kind in _RECOVERED if isinstance(error, type_)), ErrorKind.OTHER)
        return Error(kind, cause=error)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Parse stored JSON. Keys may be in any case, as for the Go decoder.

        Raises Error INVALID for input that the Go decoder rejects: text that is not JSON, a field of the wrong type,
        and a plain error (one with text) at the top.
        """
        import json  # not needed before the first frame of a dashboard

        try:
            value = json.loads(text)
            nodes = list(_nodes(value))
            if len(nodes) > _MAX_CAUSES:
                raise ValueError(f"over {_MAX_CAUSES} nested causes")
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
        """Return the JSON that the Go code stores for this error."""
        heads = []
        inner = ""
        for node in self.chain():
            if isinstance(node, Error):
                args = f"[{','.join(map(gojson.string, node.args))}]" if node.args else "null"
                heads.append(f'{{"Op":{gojson.string(node.op)},"Arg":{args},"Kind":"{node.own_kind}"')
            else:
                inner = f',"Cause":{{"Op":"","Arg":null,"Kind":"","Error":{gojson.string(exception_text(node))}}}'
        for head in reversed(heads[1:]):
            inner = f',"Cause":{head}{inner},"Error":""}}'
        return f'{heads[0]}{inner},"Error":""}}'

    @property
    def kind(self) -> ErrorKind:
        """The own kind; if it is OTHER, the kind of the cause if the cause is an Error."""
        kinds = (node.own_kind for node in self._errors())
        return next((kind for kind in kinds if kind is not ErrorKind.OTHER), ErrorKind.OTHER)

    def _errors(self) -> Iterator["Error"]:
        return (node for node in self.chain() if isinstance(node, Error))

    def chain(self) -> Iterator[BaseException]:
        """Yield this error, its cause, the cause's cause and so on; the last may be a plain exception.

        An Error without a cause of its own has that of `raise ... from`. A cycle ends before its first repetition.
        """
        node: BaseException | None = self
        seen = set()
        while node is not None and id(node) not in seen:
            seen.add(id(node))
            yield node
            node = (node.cause or node.__cause__) if isinstance(node, Error) else None

    def drop_tracebacks(self) -> None:
        """Drop the tracebacks of this error and of its causes, before it is kept: their frames hold whole replies."""
        drop_tracebacks(self)

    def __str__(self) -> str:
        text = ""
        for node, kind in zip(self.chain(), self._shown_kinds(), strict=True):
            if not isinstance(node, Error):
                return f"{text}: {exception_text(node)}" if text else exception_text(node)
            operation = [node.op, *node.args] if node.op else node.args
            head = " ".join(operation)
            if kind is not ErrorKind.OTHER:
                head = f"{head}: {kind.description}" if operation else kind.description
            text = f"{text}:\n\t{head}" if text and head else text or head
        return text

    def _shown_kinds(self) -> list[ErrorKind]:
        """Return the kind to print for each node of `chain`: OTHER if the Error around it shows the same kind."""
        nodes = list(self.chain())
        kinds: list[ErrorKind] = []
        below = ErrorKind.OTHER  # of the node below, before the one above takes it
        for node in reversed(nodes):
            own = node.own_kind if isinstance(node, Error) else ErrorKind.OTHER
            if kinds and own in (ErrorKind.OTHER, below):
                own, kinds[-1] = below, ErrorKind.OTHER
            kinds.append(own)
            below = own
        return kinds[::-1]

    def __repr__(self) -> str:
        text = "None"
        for node in reversed(list(self.chain())):  # not recursive: an error may have hundreds of causes
            if not isinstance(node, Error):
                text = repr(node)
                continue
            text = f"Error({node.own_kind!s}, {node.op!r}, {node.args!r}, {text})"
        return text

    def __eq__(self, other: object) -> bool:
        return self.to_json() == other.to_json() if isinstance(other, Error) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __reduce__(self) -> tuple[Any, ...]:
        return Error, (self.own_kind, self.op, self.args, self.cause, self.reason)


def drop_tracebacks(error: BaseException) -> None:
    """Drop the tracebacks of an exception and of those behind it, for an error that is kept.

    A traceback holds the local variables of every function that the exception went through: pages of rows, bodies of
    replies.
    """
    left: list[BaseException | None] = [error]
    seen: set[int] = set()
    while left:
        node = left.pop()
        if node is not None and id(node) not in seen:
            seen.add(id(node))
            node.__traceback__ = None
            left += [node.__cause__, node.__context__, *([node.cause] if isinstance(node, Error) else ())]


def exception_text(error: BaseException) -> str:
    """Return the text of an exception; the name of its class if the text is empty or `str()` fails."""
    # Many built-in exceptions have an empty text: the name of the class is better than nothing.
    try:
        text = str(error)
    except Exception:  # a broken __str__ of a foreign exception must not hide the Error around it
        text = ""
    return text or ("" if type(error) is Exception else type(error).__name__)


def _kind(name: str) -> ErrorKind:
    try:
        return ErrorKind(name)
    except ValueError:
        return ErrorKind.OTHER


def _nodes(value: object) -> Iterator[tuple[str, tuple[str, ...], str, str]]:
    """Yield Op, Arg, Kind and Error of the stored error and of each cause; raise ValueError for another shape."""
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
