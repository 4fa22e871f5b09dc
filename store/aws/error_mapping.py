"""Exceptions of botocore and aiohttp -> Error: the kind, the reason and a remedy for each."""

import functools
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from store.aws.failure_causes import ProxyFailure
from store.aws.proxy import find_proxy_failure
from store.aws.url_masking import mask_exception
from store.errors import Error, ErrorKind, FailureReason, drop_tracebacks


class BadReply(Exception):  # noqa: N818 - the service did not report an error
    """A successful response whose body is not a reply of the service; the text describes the body."""


class Denial(NamedTuple):
    """The parts of an access-denied message: who may not do what on which resource. `resource` may be empty."""

    principal: str
    action: str
    resource: str


def map_exception(error: Exception, op: str, args: Sequence[str] = ()) -> Error:
    """Return the Error for an exception of botocore or aiohttp in operation `op`, such as `dynamodb.Query`, on `args`.

    The exception becomes the cause. If the user can do something about it, a remedy is appended to its text. An Error
    is returned unchanged. Texts are cut to 4 KB, and tracebacks are dropped: their frames hold whole replies.
    """
    if isinstance(error, Error):
        return error
    _bound(error)
    if words := find_proxy_failure(error):
        kind = ErrorKind.NOT_ALLOWED if "407" in words else ErrorKind.NET
        return Error(kind, op, args, ProxyFailure(words), FailureReason.UNREACHABLE)
    mask_exception(error)
    kind, reason, remedy = _classify(error, op)
    remedy = find_remedy(error) or remedy
    if remedy and remedy not in str(error):
        error.args = (f"{str(error).rstrip('.')}{_DETAILS}{remedy}",)  # the same object: its type and response stay
    return Error(kind, op, args, error, reason)


def find_remedy(error: BaseException) -> str:
    """Return the remedy for credentials that AWS refused, which fits their provider; empty if none is known."""
    response = getattr(error.cause if isinstance(error, Error) else error, "response", None)
    return str(response.get("ResponseMetadata", {}).get("Remedy", "")) if isinstance(response, dict) else ""


def is_temporary(error: BaseException) -> bool:
    """Whether the same request may soon succeed: throttling, network errors, time-outs, 5xx and bad replies."""
    return isinstance(error, Error) and error.kind in _TEMPORARY


def error_code(error: BaseException | None) -> str:
    """Return AWS's code for a failure, such as `ValidationException`, from an Error or its cause; empty if none."""
    response = getattr(error.cause if isinstance(error, Error) else error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def service_message(error: Error) -> str:
    """Return the text of the cause on one line, without botocore's prefix and without remedies and other details."""
    text = " ".join(str(error.cause or error.kind.description).split())
    message = _BOTOCORE_PREFIX.sub("", text) or error_code(error)
    return message.partition(_DETAILS)[0].rstrip(".")


def throttling_reasons(error: BaseException | None) -> str:
    """Return the reasons that AWS lists for throttling, from an Error or its cause, joined by commas; empty if none."""
    response = getattr(error.cause if isinstance(error, Error) else error, "response", None)
    if not isinstance(response, dict):
        return ""
    reasons = response.get("ThrottlingReasons") or response.get("throttlingReasons") or ()
    return ", ".join(str(each["reason"]) for each in reasons if isinstance(each, dict) and each.get("reason"))


def parse_denial(error: Error) -> Denial | None:
    """Return who was denied what, if AWS's message says so. IAM policies and DynamoDB share one form of sentence."""
    # Not one pattern: `\S+ is not authorized` takes quadratic time on a page without blanks, as proxies send them.
    before, _, after = str(error.cause)[:_LONGEST_DENIAL].partition(_DENIED_WORDS)
    denied = _DENIED_WHAT.match(after)
    if denied is None or not before or before[-1].isspace():
        return None
    return Denial(before.rsplit(None, 1)[-1], denied["action"], (denied["what"] or "").rstrip(".,;"))


# Separates the message of the service from a remedy, and from the last failure before a time-out.
_DETAILS = "; "
_BOTOCORE_PREFIX = re.compile(r"^An error occurred \([^()]*\) when calling the \w+ operation(?: \(.*?\))?: ?")
_DENIED_WORDS = " is not authorized to perform: "
_DENIED_WHAT = re.compile(r"(?P<action>[\w:*-]+)(?: on resource: (?P<what>\S+))?")
_LONGEST_DENIAL = 10_000  # characters; the longest ARNs have 2,048
# Of a reply with an error; other members may be of any size.
_KEPT = ("ResponseMetadata", "ThrottlingReasons", "throttlingReasons", "CancellationReasons")
_LONGEST = 4096  # characters of a text of the service, or of a library, that are kept

_TEMPORARY = frozenset(
    {ErrorKind.TEMPORARY, ErrorKind.UNAVAILABLE, ErrorKind.NET, ErrorKind.TIMEOUT, ErrorKind.INTEGRITY}
)

CHECK_REGION = "check the region: AWS_REGION, or that of the profile"
"""The remedy for a region that is missing or unknown."""
_LOG_IN = "log in again, or renew the credentials"
_SET_CLOCK = "the clock of this machine is off: set it"
_SET_UP = "run `reflowtop setup` to add what the table lacks"
_CHECK_NAME = "check the name, the region and the account"


class _Meaning(NamedTuple):
    kind: ErrorKind
    reason: FailureReason | None = None  # None: the usual one for the kind
    remedy: str = ""


_NO_INDEX = _Meaning(ErrorKind.NOT_EXIST, FailureReason.NO_INDEX, _SET_UP)
_NOT_READY = _Meaning(ErrorKind.UNAVAILABLE, FailureReason.INDEX_NOT_READY, "the index is still being built")
_TOO_LARGE = _Meaning(ErrorKind.INVALID, FailureReason.ROW_TOO_LARGE)
_NO_LOG_GROUP = _Meaning(ErrorKind.NOT_EXIST, FailureReason.NO_LOG_GROUP, _CHECK_NAME)
_NO_LOG_STREAM = _Meaning(ErrorKind.NOT_EXIST, FailureReason.NO_LOG_STREAM, _CHECK_NAME)
_NO_TABLE = _Meaning(ErrorKind.NOT_EXIST, FailureReason.NO_TABLE, _CHECK_NAME)
_NO_BUCKET = _Meaning(ErrorKind.NOT_EXIST, FailureReason.NO_BUCKET, _CHECK_NAME)
_DENIED = _Meaning(ErrorKind.NOT_ALLOWED, FailureReason.DENIED)  # AWS's text says who may not do what
_SKEW = _Meaning(ErrorKind.NOT_ALLOWED, FailureReason.CLOCK_SKEW, _SET_CLOCK)
_MISSING_TOKEN = _Meaning(ErrorKind.NOT_ALLOWED, FailureReason.NO_CREDENTIALS, _LOG_IN)
_EXPIRED = _Meaning(ErrorKind.NOT_ALLOWED, FailureReason.EXPIRED_CREDENTIALS, _LOG_IN)
_THROTTLED = _Meaning(ErrorKind.TEMPORARY, FailureReason.THROTTLED)
_CONFLICT = _Meaning(ErrorKind.TEMPORARY, FailureReason.OTHER)
_WRONG_REGION = _Meaning(ErrorKind.INVALID, FailureReason.SETTINGS, CHECK_REGION)

# Patterns for the start of `service: code: message`; the first match counts. The HTTP status decides about the rest.
_REPLIES: tuple[tuple[str, _Meaning], ...] = (
    (r"\w+: ValidationException: .*not have the specified index", _NO_INDEX),
    (r"\w+: ValidationException: .*backfilling", _NOT_READY),
    (r"\w+: ValidationException: .*[Ii]tem size", _TOO_LARGE),
    (r"logs: ResourceNotFound.*log group", _NO_LOG_GROUP),
    (r"logs: ResourceNotFound", _NO_LOG_STREAM),
    (r"\w+: ResourceNotFound", _NO_TABLE),
    (r"\w+: NoSuchBucket", _NO_BUCKET),
    (r"\w+: AccessDenied", _DENIED),
    (r"\w+: InvalidSignature.*: Signature (expired|not yet current)", _SKEW),
    (r"\w+: Request(Expired|TimeTooSkewed|InTheFuture)", _SKEW),
    (r"\w+: Missing.*Token", _MISSING_TOKEN),
    (r"\w+: ((Expired|Invalid)Token|TokenRefreshRequired|AuthFailure)", _EXPIRED),
    (r"\w+: (UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId)", _EXPIRED),
    (r"\w+: (Invalid|Incomplete)?Signature", _EXPIRED),
    (r"s3: TooManyBuckets", _Meaning(ErrorKind.RESOURCES_EXHAUSTED)),
    (r"\w+: (ProvisionedThroughputExceeded|(Request)?Throttl|RequestLimit|TooMany|SlowDown)", _THROTTLED),
    (r"\w+: (TransactionConflict|ReplicatedWriteConflict|OperationAborted)", _CONFLICT),
    (r"\w+: RequestTimeout", _Meaning(ErrorKind.TIMEOUT)),
    (r"\w+: (InternalServerError|InternalFailure|InternalError|ServiceUnavailable)", _Meaning(ErrorKind.UNAVAILABLE)),
    (r"\w+: (ConditionalCheckFailed|ResourceInUse|InvalidObjectState)", _Meaning(ErrorKind.PRECONDITION)),
    (r"\w+: (LimitExceeded|ItemCollectionSizeLimitExceeded)", _Meaning(ErrorKind.RESOURCES_EXHAUSTED)),
    (r"\w+: (PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocation)", _WRONG_REGION),
)

_STATUSES = {
    401: ErrorKind.NOT_ALLOWED,
    403: ErrorKind.NOT_ALLOWED,
    404: ErrorKind.NOT_EXIST,
    408: ErrorKind.TIMEOUT,
    412: ErrorKind.PRECONDITION,
    429: ErrorKind.TEMPORARY,
}


def _bound(error: Exception) -> None:
    """Cut the texts of an exception, and drop the tracebacks of all that it refers to.

    An exception is kept while it is shown, and in the session history.
    """
    drop_tracebacks(error)
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        details = response.get("Error")
        error.response = {  # type: ignore[attr-defined]
            **{name: response[name] for name in _KEPT if name in response},
            "Error": {k: str(details[k])[:_LONGEST] for k in ("Code", "Message") if details.get(k) is not None}
            if isinstance(details, dict)
            else {},
        }
    if any(isinstance(each, str) and len(each) > _LONGEST for each in error.args):
        error.args = tuple(f"{each[:_LONGEST]}…" if isinstance(each, str) else each for each in error.args)


def _classify(error: Exception, op: str) -> _Meaning:
    if error_code(error):
        return _classify_reply(error, service=op.partition(".")[0])
    inner = getattr(error, "kwargs", {}).get("error")  # the exception that botocore wrapped
    if isinstance(inner, UnicodeDecodeError):  # aiobotocore decodes the head of a reply
        return _Meaning(ErrorKind.INTEGRITY)
    for types, meaning in _exceptions():
        if isinstance(error, types) or isinstance(inner, types):
            return meaning
    return _Meaning(Error.recover(error).kind)


def _classify_reply(error: Any, service: str) -> _Meaning:
    reply = f"{service}: {error_code(error)}: {error.response['Error'].get('Message', '')}"
    for pattern, meaning in _REPLIES:
        if re.match(pattern, reply, re.DOTALL):
            return meaning
    status: int = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status == 404 and service == "s3":
        return _Meaning(ErrorKind.NOT_EXIST, FailureReason.NO_OBJECT)
    if status >= 500:
        return _Meaning(ErrorKind.UNAVAILABLE)
    if 300 <= status < 400 and status != 304:  # of a proxy; S3's own redirects have codes
        return _Meaning(ErrorKind.INTEGRITY)
    return _Meaning(_STATUSES.get(status, ErrorKind.INVALID if status >= 400 else ErrorKind.OTHER))


@functools.cache
def _exceptions() -> tuple[tuple[tuple[type[BaseException], ...], _Meaning], ...]:
    """Return the meanings of exceptions; the first match counts."""
    import aiohttp
    from botocore import exceptions as boto
    from botocore.parsers import ResponseParserError

    profiles = "list the profiles with `aws configure list-profiles`"
    certificate = "if a proxy of yours signs the connections, name its certificates in AWS_CA_BUNDLE"
    credentials = (
        boto.NoCredentialsError,
        boto.PartialCredentialsError,
        boto.CredentialRetrievalError,
        boto.RefreshWithMFAUnsupportedError,
        boto.MetadataRetrievalError,
        boto.NoAuthTokenError,
        boto.TokenRetrievalError,
        boto.SSOError,
        boto.LoginError,
    )
    region = (boto.NoRegionError, boto.UnknownRegionError, boto.InvalidRegionError)
    settings = (
        boto.InvalidConfigError,
        boto.ConfigParseError,
        boto.ConfigNotFound,
        boto.UnknownCredentialError,
        boto.BaseEndpointResolverError,
        boto.EndpointProviderError,
    )
    connection = (
        boto.ConnectionError,
        boto.ConnectionClosedError,
        boto.ResponseStreamingError,
        boto.IncompleteReadError,
        aiohttp.ClientError,
        ConnectionError,
    )
    reply = (BadReply, ResponseParserError, boto.ChecksumError, boto.FlexibleChecksumError)
    arguments = (boto.ParamValidationError, boto.ValidationError, ValueError, TypeError)
    return (
        (
            (aiohttp.ClientConnectorCertificateError,),
            _Meaning(ErrorKind.NOT_ALLOWED, FailureReason.UNTRUSTED_CERTIFICATE, certificate),
        ),
        (
            (aiohttp.ClientConnectorDNSError,),
            _Meaning(ErrorKind.NET, FailureReason.UNREACHABLE, "no such host: check the region and the network"),
        ),
        ((boto.ReadTimeoutError, boto.ConnectTimeoutError, TimeoutError), _Meaning(ErrorKind.TIMEOUT)),
        (reply, _Meaning(ErrorKind.INTEGRITY)),
        (connection, _Meaning(ErrorKind.NET)),
        (credentials, _MISSING_TOKEN),
        ((boto.ProfileNotFound,), _Meaning(ErrorKind.INVALID, FailureReason.SETTINGS, profiles)),
        (region, _WRONG_REGION),
        (settings, _Meaning(ErrorKind.INVALID, FailureReason.SETTINGS)),
        (arguments, _Meaning(ErrorKind.INVALID)),
    )
