"""Why reading fails, told apart: a sentence for each kind of failure, with what to do about it."""

import enum
import re
from collections.abc import Callable

from store import Error, ErrorKind
from store.aws.error_mapping import error_code

_LONGEST = 300
_DENIED = re.compile(r"(?P<who>\S+) is not authorized to perform: (?P<action>[\w:*-]+)(?: on resource: (?P<what>\S+))?")
_BOTOCORE = re.compile(r"^An error occurred \((?P<code>\w+)\) when calling the \w+ operation(?: \(.*?\))?: ")
_SKEW = re.compile(r"(?P<signed>\d{8}T\d{6}Z)\D+(?P<now>\d{8}T\d{6}Z)")


class Failure(enum.StrEnum):
    """The kinds of failure that call for different things to be done."""

    NO_TABLE = "no table"
    NO_INDEX = "no index"
    INDEX_NOT_READY = "index not ready"
    DENIED = "denied"
    NO_CREDENTIALS = "no credentials"
    EXPIRED = "expired"
    CLOCK = "clock"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    TIMEOUT = "time-out"
    SERVICE = "service"
    BAD_REPLY = "bad reply"
    SETTINGS = "settings"
    OTHER = "other"


def kind(error: Error) -> Failure:
    """The kind of failure that `error`, or the one that caused it, tells of."""
    error = _origin(error)
    code, text = error_code(error), str(error.cause or "")
    for failure, matches in _KINDS:
        if matches(error, code, text):
            return failure
    return Failure.OTHER


def reason(error: Error) -> str:
    """One sentence that says why and what to do. It quotes what AWS and others wrote: not yet safe to show."""
    error = _origin(error)
    return _SENTENCES[kind(error)](error)


def outlook(error: Error) -> str:
    """What a dashboard does about it meanwhile: a sentence to go after that of `reason`."""
    return _OUTLOOKS.get(kind(error), "It is tried again now and then.")


def _origin(error: Error) -> Error:
    """The innermost Error of the chain: those around it say only what it was on the way to."""
    return [node for node in error.chain() if isinstance(node, Error)][-1]


_Matches = Callable[[Error, str, str], bool]


def _is_kind(*kinds: ErrorKind) -> _Matches:
    return lambda error, code, text: error.kind in kinds


def _has(pattern: str, *kinds: ErrorKind) -> _Matches:
    """AWS's code and text, or what else the cause says, match."""
    compiled = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    return lambda error, code, text: error.kind in kinds and compiled.search(f"{code}: {text}") is not None


# The first that matches counts.
_KINDS: tuple[tuple[Failure, _Matches], ...] = (
    (Failure.INDEX_NOT_READY, _has("backfilling", ErrorKind.UNAVAILABLE)),
    (Failure.NO_INDEX, _has("^ValidationException: .*index", ErrorKind.NOT_EXIST)),
    (Failure.NO_TABLE, _has("^ResourceNotFound", ErrorKind.NOT_EXIST)),
    (Failure.CLOCK, _has("clock of this machine", ErrorKind.NOT_ALLOWED)),
    (Failure.DENIED, _has("AccessDenied|not authorized", ErrorKind.NOT_ALLOWED)),
    (Failure.SETTINGS, _has("AWS_CA_BUNDLE", ErrorKind.NOT_ALLOWED)),
    (Failure.EXPIRED, _has("expired|InvalidToken|InvalidClientTokenId|UnrecognizedClient", ErrorKind.NOT_ALLOWED)),
    (Failure.NO_CREDENTIALS, _has("log in first", ErrorKind.NOT_ALLOWED)),
    (Failure.DENIED, _is_kind(ErrorKind.NOT_ALLOWED)),
    (Failure.THROTTLED, _is_kind(ErrorKind.TEMPORARY)),
    (Failure.THROTTLED, _has("throttl|ThroughputExceeded|RequestLimit", ErrorKind.TIMEOUT)),  # until it gave up
    (Failure.TIMEOUT, _is_kind(ErrorKind.TIMEOUT)),
    (Failure.UNREACHABLE, _is_kind(ErrorKind.NET)),
    (Failure.BAD_REPLY, _is_kind(ErrorKind.INTEGRITY)),
    (Failure.SERVICE, _is_kind(ErrorKind.UNAVAILABLE)),
    (Failure.SETTINGS, _is_kind(ErrorKind.INVALID)),
)


def throttling(error: Error) -> str:
    """Why AWS throttles, in its own words."""
    response = getattr(error.cause, "response", None)
    reasons = response.get("ThrottlingReasons") if isinstance(response, dict) else None
    named = [str(reason.get("reason", "")) for reason in reasons or () if isinstance(reason, dict)]
    return ", ".join(filter(None, named))[:_LONGEST] or _said(error)


def _said(error: Error) -> str:
    """What the cause says, without what botocore puts before it, and what `store` puts after it."""
    text = " ".join(str(error.cause or error.kind.description).split())
    said = _BOTOCORE.sub("", text) or error_code(error)
    return said.partition("; ")[0][:_LONGEST].rstrip(".")


def _name(error: Error, place: int = 0) -> str:
    """What the failed operation was on: the table, then the index."""
    return error.args[place] if len(error.args) > place else ""


def _no_table(error: Error) -> str:
    return f"There is no table {_name(error)} here: check its name, the region and the account."


def _no_index(error: Error) -> str:
    return f"The table {_name(error)} lacks the index {_name(error, 1)}: `reflowtop setup` adds it."


def _index_not_ready(error: Error) -> str:
    return f"The index {_name(error, 1)} is still being built: wait until it is ready."


def _denied(error: Error) -> str:
    found = _DENIED.search(str(error.cause))
    if found is None:
        return f"Access is denied: {_said(error)}."
    what = f" on {found['what'].rstrip('.,;')}" if found["what"] else ""
    return f"Access is denied: {found['who']} may not {found['action']}{what}; a policy has to allow it."


def _no_credentials(error: Error) -> str:
    why = _said(error)
    return f"There are no credentials ({why}): log in, e.g. with `aws sso login`."


def _expired(_: Error) -> str:
    return "The credentials are not valid any more: log in again, e.g. with `aws sso login`."


def _clock(error: Error) -> str:
    times = _SKEW.search(str(error.cause))
    off = f" (it says {times['signed']}, AWS {times['now']})" if times else ""
    return f"The clock of this machine is off{off}, so AWS refuses what it signs: set it."


def _throttled(error: Error) -> str:
    return f"AWS throttles the reads ({throttling(error)}): a lower --read-budget or a longer --interval asks for less."


def _unreachable(error: Error) -> str:
    why = _said(error)
    return f"The service cannot be reached ({why}): check the network, the region and the endpoint."


def _timeout(error: Error) -> str:
    return f"The service does not answer in time ({_said(error)}): check the network if this lasts."


def _service(error: Error) -> str:
    return f"The service fails ({_said(error)}): all that helps is to try again."


def _bad_reply(error: Error) -> str:
    return f"What answers is not DynamoDB ({_said(error)}): check --endpoint-url and proxies on the way."


def _as_it_says(error: Error) -> str:
    return " ".join(str(error).split())[:_LONGEST] or error.kind.description


_SENTENCES: dict[Failure, Callable[[Error], str]] = {
    Failure.NO_TABLE: _no_table,
    Failure.NO_INDEX: _no_index,
    Failure.INDEX_NOT_READY: _index_not_ready,
    Failure.DENIED: _denied,
    Failure.NO_CREDENTIALS: _no_credentials,
    Failure.EXPIRED: _expired,
    Failure.CLOCK: _clock,
    Failure.THROTTLED: _throttled,
    Failure.UNREACHABLE: _unreachable,
    Failure.TIMEOUT: _timeout,
    Failure.SERVICE: _service,
    Failure.BAD_REPLY: _bad_reply,
    Failure.SETTINGS: _as_it_says,
    Failure.OTHER: _as_it_says,
}

_RESUMES = "Reading goes on by itself then."
_OUTLOOKS = {
    Failure.INDEX_NOT_READY: _RESUMES,
    Failure.NO_CREDENTIALS: _RESUMES,
    Failure.EXPIRED: _RESUMES,
    Failure.CLOCK: _RESUMES,
    Failure.THROTTLED: "Reads slow down until it stops.",
}
