"""What the failures of AWS, and of the way there, mean."""

import functools
import re
from collections.abc import Sequence
from typing import Any

from store.errors import Error, ErrorKind


class BadReply(Exception):  # noqa: N818 - not an error that the service sends, but what came in place of its reply
    """A reply of success that is not what the service sends; the text says what came."""


def failure(error: Exception, op: str, args: Sequence[str] = ()) -> Error:
    """The Error for an exception of botocore or aiohttp in operation `op`, such as `dynamodb.Query`, on `args`.

    The exception is its cause, with a remedy added to its text where a person can do something about it.
    An Error is returned as it is.
    """
    if isinstance(error, Error):
        return error
    kind, remedy = _meaning(error)
    if remedy and remedy not in str(error):
        error.args = (f"{str(error).rstrip('.')}; {remedy}",)  # it keeps its type and all it knows
    return Error(kind, op, args, error)


def is_temporary(error: BaseException) -> bool:
    """Whether the same request may succeed in a moment: throttling, network, time-outs, 5xx and bad replies."""
    return isinstance(error, Error) and error.kind in _TEMPORARY


def error_code(error: BaseException | None) -> str:
    """AWS's code for a failure, such as `ValidationException`, given its Error or the cause; empty if it has none."""
    response = getattr(error.cause if isinstance(error, Error) else error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


_TEMPORARY = frozenset(
    {ErrorKind.TEMPORARY, ErrorKind.UNAVAILABLE, ErrorKind.NET, ErrorKind.TIMEOUT, ErrorKind.INTEGRITY}
)

_Meaning = tuple[ErrorKind, str]  # with a remedy, or ""

_LOG_IN = "log in first, e.g. `aws sso login`, or export session credentials"
_SET_CLOCK = "the clock of this machine is off: set it"
_SET_UP = "run `reflowtop setup` to add what the table lacks"
_CHECK_NAME = "check the name, the region and the account"
_CHECK_REGION = "check the region: AWS_REGION, or that of the profile"

# How AWS's `code: text` begins; the first match counts. What is not here is told by the HTTP status.
_REPLIES: tuple[tuple[str, ErrorKind, str], ...] = (
    (r"ValidationException: .*not have the specified index", ErrorKind.NOT_EXIST, _SET_UP),
    (r"ValidationException: .*backfilling", ErrorKind.UNAVAILABLE, "the index is still being built"),
    (r"(ResourceNotFound|NoSuchBucket)", ErrorKind.NOT_EXIST, _CHECK_NAME),
    (r"AccessDenied", ErrorKind.NOT_ALLOWED, ""),  # AWS's text names who may not do what
    (r"InvalidSignature.*: Signature (expired|not yet current)", ErrorKind.NOT_ALLOWED, _SET_CLOCK),
    (r"Request(Expired|TimeTooSkewed|InTheFuture)", ErrorKind.NOT_ALLOWED, _SET_CLOCK),
    (r"(Expired|Invalid|Missing.*)Token|TokenRefreshRequired|AuthFailure", ErrorKind.NOT_ALLOWED, _LOG_IN),
    (r"(UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId)", ErrorKind.NOT_ALLOWED, _LOG_IN),
    (r"(Invalid|Incomplete)?Signature", ErrorKind.NOT_ALLOWED, _LOG_IN),
    (r"(ProvisionedThroughputExceeded|(Request)?Throttl|RequestLimit|TooMany|SlowDown)", ErrorKind.TEMPORARY, ""),
    (r"(TransactionConflict|ReplicatedWriteConflict|OperationAborted)", ErrorKind.TEMPORARY, ""),
    (r"RequestTimeout", ErrorKind.TIMEOUT, ""),
    (r"(InternalServerError|InternalFailure|InternalError|ServiceUnavailable)", ErrorKind.UNAVAILABLE, ""),
    (r"(ConditionalCheckFailed|ResourceInUse|InvalidObjectState)", ErrorKind.PRECONDITION, ""),
    (r"(LimitExceeded|ItemCollectionSizeLimitExceeded)", ErrorKind.RESOURCES_EXHAUSTED, ""),
    (r"(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocation)", ErrorKind.INVALID, _CHECK_REGION),
)

_STATUSES = {
    401: ErrorKind.NOT_ALLOWED,
    403: ErrorKind.NOT_ALLOWED,
    404: ErrorKind.NOT_EXIST,
    408: ErrorKind.TIMEOUT,
    412: ErrorKind.PRECONDITION,
    429: ErrorKind.TEMPORARY,
}


def _meaning(error: Exception) -> _Meaning:
    if error_code(error):
        return _meaning_of_reply(error)
    inner = getattr(error, "kwargs", {}).get("error")  # what botocore wrapped
    for types, kind, remedy in _exceptions():
        if isinstance(error, types) or isinstance(inner, types):
            return kind, remedy
    return Error.recover(error).kind, ""


def _meaning_of_reply(error: Any) -> _Meaning:
    reply = f"{error_code(error)}: {error.response['Error'].get('Message', '')}"
    for pattern, kind, remedy in _REPLIES:
        if re.match(pattern, reply, re.DOTALL):
            return kind, remedy
    status: int = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status >= 500:
        return ErrorKind.UNAVAILABLE, ""
    return _STATUSES.get(status, ErrorKind.INVALID if status >= 400 else ErrorKind.OTHER), ""


@functools.cache
def _exceptions() -> tuple[tuple[tuple[type[BaseException], ...], ErrorKind, str], ...]:
    """What exceptions mean; the first match counts."""
    import aiohttp
    from botocore import exceptions as boto
    from botocore.parsers import ResponseParserError

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
        ((aiohttp.ClientConnectorCertificateError,), ErrorKind.NOT_ALLOWED, certificate),
        ((aiohttp.ClientConnectorDNSError,), ErrorKind.NET, "no such host: check the region and the network"),
        ((boto.ReadTimeoutError, boto.ConnectTimeoutError, TimeoutError), ErrorKind.TIMEOUT, ""),
        (reply, ErrorKind.INTEGRITY, ""),
        (connection, ErrorKind.NET, ""),
        (credentials, ErrorKind.NOT_ALLOWED, _LOG_IN),
        ((boto.ProfileNotFound,), ErrorKind.INVALID, "`aws configure list-profiles` shows those there are"),
        (region, ErrorKind.INVALID, _CHECK_REGION),
        (settings, ErrorKind.INVALID, ""),
        (arguments, ErrorKind.INVALID, ""),
    )
