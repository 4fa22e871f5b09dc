import ssl
from typing import Any

import aiohttp
import botocore.exceptions
import pytest

from store import Error, ErrorKind, FailureReason
from store.aws.error_mapping import BadReply, error_code, is_temporary, map_exception, parse_denial, service_message


def refused(code: str, message: str = "text", status: int = 400) -> botocore.exceptions.ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return botocore.exceptions.ClientError(response, "Query")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ResourceNotFoundException", ErrorKind.NOT_EXIST),
        ("NoSuchBucket", ErrorKind.NOT_EXIST),
        ("AccessDenied", ErrorKind.NOT_ALLOWED),
        ("AccessDeniedException", ErrorKind.NOT_ALLOWED),
        ("ExpiredToken", ErrorKind.NOT_ALLOWED),
        ("ExpiredTokenException", ErrorKind.NOT_ALLOWED),
        ("InvalidToken", ErrorKind.NOT_ALLOWED),
        ("MissingAuthenticationTokenException", ErrorKind.NOT_ALLOWED),
        ("UnrecognizedClientException", ErrorKind.NOT_ALLOWED),
        ("InvalidClientTokenId", ErrorKind.NOT_ALLOWED),
        ("InvalidAccessKeyId", ErrorKind.NOT_ALLOWED),
        ("InvalidSignatureException", ErrorKind.NOT_ALLOWED),
        ("SignatureDoesNotMatch", ErrorKind.NOT_ALLOWED),
        ("RequestExpired", ErrorKind.NOT_ALLOWED),
        ("RequestTimeTooSkewed", ErrorKind.NOT_ALLOWED),
        ("ProvisionedThroughputExceededException", ErrorKind.TEMPORARY),
        ("Throttling", ErrorKind.TEMPORARY),
        ("ThrottlingException", ErrorKind.TEMPORARY),
        ("RequestThrottledException", ErrorKind.TEMPORARY),
        ("RequestLimitExceeded", ErrorKind.TEMPORARY),
        ("TooManyRequestsException", ErrorKind.TEMPORARY),
        ("SlowDown", ErrorKind.TEMPORARY),
        ("TransactionConflictException", ErrorKind.TEMPORARY),
        ("RequestTimeout", ErrorKind.TIMEOUT),
        ("InternalServerError", ErrorKind.UNAVAILABLE),
        ("ServiceUnavailableException", ErrorKind.UNAVAILABLE),
        ("ConditionalCheckFailedException", ErrorKind.PRECONDITION),
        ("ResourceInUseException", ErrorKind.PRECONDITION),
        ("LimitExceededException", ErrorKind.RESOURCES_EXHAUSTED),
        ("AuthorizationHeaderMalformed", ErrorKind.INVALID),
        ("ValidationException", ErrorKind.INVALID),
        ("SerializationException", ErrorKind.INVALID),
    ],
)
def test_the_kind_of_an_aws_error(code: str, kind: ErrorKind) -> None:
    cause = refused(code)
    failed = map_exception(cause, "dynamodb.Query", ("t",))
    assert (failed.kind, failed.op, failed.args) == (kind, "dynamodb.Query", ("t",))
    assert failed.cause is cause
    assert error_code(failed) == code


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ErrorKind.INVALID),
        (403, ErrorKind.NOT_ALLOWED),
        (404, ErrorKind.NOT_EXIST),
        (412, ErrorKind.PRECONDITION),
        (429, ErrorKind.TEMPORARY),
        (500, ErrorKind.UNAVAILABLE),
        (503, ErrorKind.UNAVAILABLE),
    ],
)
def test_an_unknown_code_is_told_by_its_status(status: int, kind: ErrorKind) -> None:
    assert map_exception(refused("Unheard", status=status), "op").kind is kind


@pytest.mark.parametrize(
    ("code", "message", "kind", "remedy"),
    [
        (
            "ValidationException",
            "The table does not have the specified index: X-index",
            ErrorKind.NOT_EXIST,
            "X-index; run `reflowtop setup` to add what the table lacks",
        ),
        (
            "ValidationException",
            "Cannot read from backfilling global secondary index: X-index",
            ErrorKind.UNAVAILABLE,
            "still being built",
        ),
        (
            "InvalidSignatureException",
            "Signature expired: 20261101T110000Z is now earlier than 20261101T115500Z",
            ErrorKind.NOT_ALLOWED,
            "the clock of this machine is off",
        ),
        (
            "InvalidSignatureException",
            "Signature not yet current: 20261101T130000Z is still later than 20261101T120500Z",
            ErrorKind.NOT_ALLOWED,
            "the clock of this machine is off",
        ),
        ("InvalidSignatureException", "The request signature does not match", ErrorKind.NOT_ALLOWED, "log in again"),
        ("RequestTimeTooSkewed", "The difference is too large.", ErrorKind.NOT_ALLOWED, "large; the clock of this"),
        ("ExpiredTokenException", "The security token is expired", ErrorKind.NOT_ALLOWED, "renew the credentials"),
        (
            "ResourceNotFoundException",
            "Requested resource not found",
            ErrorKind.NOT_EXIST,
            "check the name, the region",
        ),
        ("PermanentRedirect", "Use another endpoint", ErrorKind.INVALID, "check the region"),
    ],
)
def test_the_remedy_is_in_the_text(code: str, message: str, kind: ErrorKind, remedy: str) -> None:
    failed = map_exception(refused(code, message), "dynamodb.Query", ("t",))
    assert failed.kind is kind
    assert remedy in str(failed)
    assert failed.cause
    assert str(map_exception(failed.cause, "again")).count(remedy) == 1  # type: ignore[arg-type]


def connection_error(type_: Any, *args: Any) -> Any:
    return type_(aiohttp.client_reqrep.ConnectionKey("h", 443, True, True, None, None, None), *args)


@pytest.mark.parametrize(
    ("cause", "kind", "text"),
    [
        (botocore.exceptions.ReadTimeoutError(endpoint_url="u"), ErrorKind.TIMEOUT, "Read timeout"),
        (botocore.exceptions.ConnectTimeoutError(endpoint_url="u"), ErrorKind.TIMEOUT, "Connect timeout"),
        (TimeoutError(), ErrorKind.TIMEOUT, ""),
        (botocore.exceptions.EndpointConnectionError(endpoint_url="u"), ErrorKind.NET, "Could not connect"),
        (botocore.exceptions.ConnectionClosedError(endpoint_url="u"), ErrorKind.NET, "was closed"),
        (botocore.exceptions.HTTPClientError(error=aiohttp.ClientError("not HTTP")), ErrorKind.NET, "not HTTP"),
        (aiohttp.ClientPayloadError("cut"), ErrorKind.NET, "cut"),
        (ConnectionResetError("reset"), ErrorKind.NET, "reset"),
        (
            botocore.exceptions.EndpointConnectionError(
                endpoint_url="https://dynamodb.us-wset-2.amazonaws.com/",
                error=connection_error(aiohttp.ClientConnectorDNSError, OSError(-2, "Name or service not known")),
            ),
            ErrorKind.NET,
            'us-wset-2.amazonaws.com/"; no such host: check the region',
        ),
        (
            botocore.exceptions.SSLError(
                endpoint_url="u",
                error=connection_error(aiohttp.ClientConnectorCertificateError, ssl.SSLCertVerificationError()),
            ),
            ErrorKind.NOT_ALLOWED,
            "AWS_CA_BUNDLE",
        ),
        (botocore.exceptions.SSLError(endpoint_url="u", error=ssl.SSLError("eof")), ErrorKind.NET, "eof"),
        (BadReply("html"), ErrorKind.INTEGRITY, "html"),
        (botocore.exceptions.NoCredentialsError(), ErrorKind.NOT_ALLOWED, "; log in again"),
        (botocore.exceptions.RefreshWithMFAUnsupportedError(), ErrorKind.NOT_ALLOWED, "required; log in again"),
        (botocore.exceptions.UnauthorizedSSOTokenError(), ErrorKind.NOT_ALLOWED, "; log in again"),
        (botocore.exceptions.ParamValidationError(report="r"), ErrorKind.INVALID, "r"),
        (botocore.exceptions.HTTPClientError(error=RuntimeError("bug")), ErrorKind.OTHER, "bug"),
        (RuntimeError("bug"), ErrorKind.OTHER, "bug"),
    ],
)
def test_the_kind_of_an_exception(cause: Exception, kind: ErrorKind, text: str) -> None:
    failed = map_exception(cause, "dynamodb.Query")
    assert failed.kind is kind
    assert failed.cause is cause
    assert text in str(failed)
    assert error_code(failed) == ""


def test_an_error_stays_as_it_is() -> None:
    known = Error(ErrorKind.PRECONDITION, "x")
    assert map_exception(known, "op") is known


def test_temporary_kinds_of_errors() -> None:
    temporary = {"Temporary", "Unavailable", "Net", "Timeout", "Integrity"}
    assert {kind for kind in ErrorKind if is_temporary(Error(kind))} == temporary
    assert not is_temporary(TimeoutError())


@pytest.mark.parametrize(
    ("op", "code", "message", "reason"),
    [
        ("dynamodb.Query", "ResourceNotFoundException", "", FailureReason.NO_TABLE),
        (
            "dynamodb.Query",
            "ValidationException",
            "The table does not have the specified index: i",
            FailureReason.NO_INDEX,
        ),
        (
            "dynamodb.Query",
            "ValidationException",
            "Cannot read from backfilling global secondary index: i",
            FailureReason.INDEX_NOT_READY,
        ),
        (
            "dynamodb.PutItem",
            "ValidationException",
            "Item size has exceeded the maximum allowed size",
            FailureReason.ROW_TOO_LARGE,
        ),
        ("dynamodb.Query", "ValidationException", "bad", FailureReason.INVALID),
        ("s3.GetObject", "NoSuchBucket", "", FailureReason.NO_BUCKET),
        ("s3.GetObject", "NoSuchKey", "", FailureReason.NO_OBJECT),
        (
            "logs.GetLogEvents",
            "ResourceNotFoundException",
            "The specified log group does not exist.",
            FailureReason.NO_LOG_GROUP,
        ),
        (
            "logs.GetLogEvents",
            "ResourceNotFoundException",
            "The specified log stream does not exist.",
            FailureReason.NO_LOG_STREAM,
        ),
        ("s3.GetObject", "AccessDenied", "", FailureReason.DENIED),
        ("s3.GetObject", "InvalidAccessKeyId", "", FailureReason.EXPIRED_CREDENTIALS),
        ("dynamodb.Query", "MissingAuthenticationTokenException", "", FailureReason.NO_CREDENTIALS),
        ("s3.GetObject", "RequestTimeTooSkewed", "", FailureReason.CLOCK_SKEW),
        ("s3.GetObject", "SlowDown", "", FailureReason.THROTTLED),
        ("s3.GetObject", "PermanentRedirect", "", FailureReason.SETTINGS),
    ],
)
def test_map_exception_sets_the_reason_of_a_reply(op: str, code: str, message: str, reason: FailureReason) -> None:
    cause = refused(code, message, status=404 if code == "NoSuchKey" else 400)
    assert map_exception(cause, op).reason is reason


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (botocore.exceptions.NoCredentialsError(), FailureReason.NO_CREDENTIALS),
        (botocore.exceptions.UnauthorizedSSOTokenError(), FailureReason.NO_CREDENTIALS),
        (botocore.exceptions.ProfileNotFound(profile="p"), FailureReason.SETTINGS),
        (ConnectionResetError(), FailureReason.UNREACHABLE),
        (TimeoutError(), FailureReason.TIMEOUT),
        (BadReply("html"), FailureReason.BAD_REPLY),
    ],
)
def test_map_exception_sets_the_reason_of_an_exception(cause: Exception, reason: FailureReason) -> None:
    assert map_exception(cause, "dynamodb.Query").reason is reason


def test_parse_denial_returns_who_may_not_do_what() -> None:
    message = "User: arn:me is not authorized to perform: dynamodb:Query on resource: arn:table because of a policy"
    denied = map_exception(refused("AccessDeniedException", message), "dynamodb.Query")
    assert parse_denial(denied) == ("arn:me", "dynamodb:Query", "arn:table")
    assert parse_denial(map_exception(refused("AccessDenied"), "s3.GetObject")) is None
    assert (
        parse_denial(map_exception(refused("AccessDenied", " is not authorized to perform: x"), "s3.GetObject")) is None
    )


def test_a_denial_in_a_page_of_one_word_is_found_in_linear_time() -> None:
    denied = map_exception(
        refused("AccessDenied", "x" * 2000 + " is not authorized to perform: s3:Get"), "s3.GetObject"
    )
    assert parse_denial(denied) == ("x" * 2000, "s3:Get", "")
    for text in ("x" * 1_000_000, " is not authorized to perform: ", " is not authorized to perform: s3:Get"):
        assert parse_denial(Error(ErrorKind.NOT_ALLOWED, "s3.GetObject", (), text)) is None


def test_long_texts_are_cut() -> None:
    cause = refused("ValidationException", "x" * 5_000_000)
    cause.response["Cause"] = {"Body": "y" * 5_000_000}  # type: ignore[typeddict-unknown-key]
    failed = map_exception(cause, "dynamodb.Query")
    assert len(str(failed)) < 5000
    assert len(str(cause.response)) < 5000
    assert error_code(failed) == "ValidationException"


def test_a_failure_keeps_no_frames() -> None:
    def read() -> None:
        try:
            bytes(1).decode("utf-16")
        except UnicodeError as error:
            raise BadReply("no UTF-16") from error

    with pytest.raises(BadReply) as raised:
        read()
    failed = map_exception(raised.value, "dynamodb.Query")
    chain = [failed.cause, failed.cause and failed.cause.__cause__]
    assert [each and each.__traceback__ for each in chain] == [None, None]


def test_the_message_of_a_reply_without_one_is_its_status() -> None:
    failed = map_exception(refused("405", "", status=405), "dynamodb.BatchGetItem")
    assert service_message(failed) == "405"
