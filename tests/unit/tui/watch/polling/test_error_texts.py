from typing import Any

import botocore.exceptions
import pytest

from store import Error, ErrorKind, FailureReason
from store.aws.error_mapping import BadReply, map_exception
from tui.watch.polling.error_texts import describe, describe_retry, explain, explain_parts

Reason = FailureReason

TABLE = "reflow-prod"
INDEX = "Date-Keepalive-index"
ARN = f"arn:aws:dynamodb:us-west-2:123456789012:table/{TABLE}/index/{INDEX}"


def refused(code: str, message: str = "", **response: Any) -> Error:
    response |= {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    cause: Any = botocore.exceptions.ClientError
    return failed(cause(response, "Query"))


def failed(cause: Exception) -> Error:
    return map_exception(cause, "dynamodb.Query", (TABLE, INDEX))


def gave_up(after: str, reason: FailureReason | None = None) -> Error:
    cause = TimeoutError(f"gave up after 30 s; the last try: {after}")
    return Error(ErrorKind.TIMEOUT, "dynamodb.Query", (TABLE,), cause, reason)


DENIED = (
    "User: arn:aws:iam::123456789012:user/amy is not authorized to perform: dynamodb:Query on resource: "
    f"{ARN} because no identity-based policy allows the dynamodb:Query action"
)
SKEWED = "Signature expired: 20261101T120000Z is now earlier than 20261101T120500Z (20261101T121000Z - 5 min.)"
NO_REPLY = botocore.exceptions.EndpointConnectionError(endpoint_url="https://dynamodb.us-wset-2.amazonaws.com/")
HTML = BadReply("bad reply to Query: 5 bytes of text/html")
REASONS = [{"reason": "IndexReadProvisionedThroughputExceeded", "resource": ARN}]
LOG_IN_AGAIN = "The credentials have expired: log in again, or renew them."

CASES = {
    FailureReason.NO_TABLE: (
        refused("ResourceNotFoundException", "Requested resource not found"),
        "Table 'reflow-prod' not found: check its name, the region and the account.",
    ),
    FailureReason.NO_INDEX: (
        refused("ValidationException", f"The table does not have the specified index: {INDEX}"),
        (
            "Table 'reflow-prod' has no index 'Date-Keepalive-index': run `reflowtop setup reflow-prod BUCKET`"
            " for its region and account."
        ),
    ),
    FailureReason.INDEX_NOT_READY: (
        refused("ValidationException", f"Cannot read from backfilling global secondary index: {INDEX}"),
        "Index 'Date-Keepalive-index' is still being built: wait until it is ready.",
    ),
    FailureReason.DENIED: (
        refused("AccessDeniedException", DENIED),
        (f"Access denied: arn:aws:iam::123456789012:user/amy may not dynamodb:Query on {ARN}; a policy must allow it."),
    ),
    FailureReason.EXPIRED_CREDENTIALS: (
        refused("ExpiredTokenException", "The security token included in the request is expired"),
        LOG_IN_AGAIN,
    ),
    FailureReason.NO_CREDENTIALS: (
        failed(botocore.exceptions.NoCredentialsError()),
        "No credentials (Unable to locate credentials); log in again, or renew the credentials.",
    ),
    FailureReason.CLOCK_SKEW: (
        refused("InvalidSignatureException", SKEWED),
        (
            "This machine's clock is wrong (it says 20261101T120000Z, AWS 20261101T120500Z), so AWS rejects"
            " its signatures: set the clock."
        ),
    ),
    FailureReason.THROTTLED: (
        refused("ProvisionedThroughputExceededException", "The level of throughput", ThrottlingReasons=REASONS),
        "AWS throttles the reads (IndexReadProvisionedThroughputExceeded): try again in a moment.",
    ),
    FailureReason.UNREACHABLE: (
        failed(NO_REPLY),
        (
            'The service cannot be reached (Could not connect to the endpoint URL: "https://dynamodb.us-wset-2'
            '.amazonaws.com/"): check the network, the region and the endpoint.'
        ),
    ),
    FailureReason.TIMEOUT: (
        gave_up("Read timeout on endpoint URL"),
        "The service does not answer in time (gave up after 30 s): check the network if this lasts.",
    ),
    FailureReason.SERVICE: (
        refused("InternalServerError", "The request processing has failed"),
        "The service fails (The request processing has failed): try again later.",
    ),
    FailureReason.BAD_REPLY: (
        failed(HTML),
        (
            "The reply is not from DynamoDB (bad reply to Query: 5 bytes of text/html): check --endpoint-url and"
            " any proxies."
        ),
    ),
    FailureReason.SETTINGS: (
        failed(botocore.exceptions.NoRegionError()),
        "You must specify a region; check --region, AWS_REGION, and that of the profile",
    ),
    FailureReason.OTHER: (
        Error(ErrorKind.OTHER, "dynamodb.Query", (TABLE,), "a mistake"),
        "reflow-prod: a mistake",
    ),
}


@pytest.mark.parametrize("expected", CASES)
def test_each_reason_has_a_sentence(expected: FailureReason) -> None:
    error, sentence = CASES[expected]
    assert error.reason is expected
    assert explain(error) == sentence
    assert describe_retry(error)
    wrapped = Error(error.kind, "read the tasks of run", ("77aa01ff",), error)
    assert (wrapped.reason, explain(wrapped)) == (expected, sentence)


@pytest.mark.parametrize(
    ("error", "expected", "sentence"),
    [
        (
            refused("AccessDenied", "Access Denied"),
            Reason.DENIED,
            "Access denied to dynamodb:Query on reflow-prod Date-Keepalive-index: Access Denied",
        ),
        (
            refused("UnrecognizedClientException", "The security token is invalid."),
            Reason.EXPIRED_CREDENTIALS,
            "The credentials were refused (The security token is invalid): log in again, or renew them.",
        ),
        (Error(ErrorKind.NOT_ALLOWED, "stat", (), "gone"), Reason.DENIED, "Access denied: gone"),
        (refused("ThrottlingException", "Rate exceeded."), Reason.THROTTLED, "(Rate exceeded)"),
        (
            gave_up("An error occurred (ThrottlingException)", Reason.THROTTLED),
            Reason.THROTTLED,
            "(gave up after 30 s)",
        ),
        (refused("NoSuchBucket", "gone"), Reason.NO_BUCKET, "gone"),
    ],
)
def test_errors_with_the_same_reason_share_a_sentence(error: Error, expected: FailureReason, sentence: str) -> None:
    assert error.reason is expected
    assert sentence in explain(error)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Error(ErrorKind.INTEGRITY, "s3.GetObject", ("logs", "k"), "cut"), "The reply is not from S3 (cut): check"),
        (Error(ErrorKind.INTEGRITY, "logs.GetLogEvents", ("g", "s"), "x"), "The reply is not from CloudWatch Logs (x)"),
        (Error(ErrorKind.INTEGRITY, "pricing.GetProducts", ("c5",), "x"), "The reply is not from the AWS Price List"),
        (Error(ErrorKind.INTEGRITY, "sts.GetCallerIdentity", (), "x"), "The reply is not from AWS STS (x)"),
        (Error(ErrorKind.INTEGRITY, "get", ("sha256:aa",), "not its content"), "object sha256:aa: not its content"),
        (Error(ErrorKind.INTEGRITY, "read inspect", ("sha256:aa",), "too large"), "inspect sha256:aa: too large"),
        (Error(ErrorKind.INTEGRITY, "read object", ("sha256:aa",), "not there"), "object sha256:aa: not there"),
        (Error(ErrorKind.INTEGRITY, "read log", ("sha256:aa",), "cut"), "log of sha256:aa: cut"),
        (Error(ErrorKind.INTEGRITY, "read recording", (), "ends early"), "ends early"),
    ],
)
def test_a_bad_reply_names_its_service_and_bad_content_itself(error: Error, sentence: str) -> None:
    assert error.reason is Reason.BAD_REPLY
    assert explain(error).startswith(sentence)
    has_endpoint = error.op.startswith(("dynamodb.", "s3.", "logs."))
    assert ("--endpoint-url" in explain(error)) == has_endpoint
    assert ("check any proxies" in explain(error)) == error.op.startswith(("pricing.", "sts."))


@pytest.mark.parametrize(
    ("op", "code", "message", "sentence"),
    [
        (
            "dynamodb.Query",
            "ValidationException",
            "The key does not match the schema",
            "The service refuses a request (The key does not match the schema): check that it is reflow's table.",
        ),
        (
            "dynamodb.Query",
            "400",
            "<p>Bad request",
            "The service refuses a request (<p>Bad request): check --endpoint-url and any proxies.",
        ),
        (
            "dynamodb.Query",
            "404",
            "<p>Not found",
            "The service refuses a request (<p>Not found): check --endpoint-url and any proxies.",
        ),
        (
            "s3.GetObject",
            "KMS.DisabledException",
            "key/2 is disabled.",
            "S3 refuses a request for logs k1: key/2 is disabled",
        ),
        (
            "s3.GetObject",
            "400",
            "<p>Bad request",
            "The service refuses a request (<p>Bad request): check --endpoint-url and any proxies.",
        ),
        (
            "logs.GetLogEvents",
            "InvalidParameterException",
            "1 validation error detected",
            "CloudWatch Logs refuses a request for logs k1: 1 validation error detected",
        ),
        (
            "pricing.GetProducts",
            "InvalidParameterException",
            "Input Parameters are invalid",
            "The AWS Price List API refuses a request for logs k1: Input Parameters are invalid",
        ),
        (
            "pricing.GetProducts",
            "400",
            "<p>Bad request",
            "The service refuses a request (<p>Bad request): check any proxies.",
        ),
        (
            "s3.GetObject",
            "PermanentRedirect",
            "The bucket must be addressed elsewhere.",
            "logs k1: The bucket must be addressed elsewhere: check the region.",
        ),
        (
            "s3.GetObject",
            "AccessDenied",
            "Access Denied",
            "Access denied to s3:GetObject on logs k1: Access Denied",
        ),
        ("s3.CreateBucket", "TooManyBuckets", "more buckets than allowed", "logs k1: more buckets than allowed"),
        (
            "dynamodb.CreateTable",
            "ThrottlingException",
            "Rate exceeded",
            "AWS throttles the writes (Rate exceeded): try again in a moment.",
        ),
    ],
)
def test_a_refused_request_names_what_is_wrong_with_it(op: str, code: str, message: str, sentence: str) -> None:
    status = int(code) if code.isdecimal() else 400
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    cause = botocore.exceptions.ClientError(response, op.partition(".")[2])
    assert explain(map_exception(cause, op, ("logs", "k1"))) == sentence


def test_a_text_that_is_no_bucket_names_the_flag() -> None:
    cause = botocore.exceptions.ParamValidationError(report='Invalid bucket name "a b": Bucket name must match …')
    error = map_exception(cause, "s3.GetObject", ("a b", "objects/k"))
    assert explain(error) == "'a b' is not the name of a bucket: check --bucket."


def test_only_polling_commands_name_the_flags_of_their_pace() -> None:
    """Others, such as `ps`, have no such flags."""
    throttled = refused("ThrottlingException", "Rate exceeded")
    assert explain(throttled) == "AWS throttles the reads (Rate exceeded): try again in a moment."
    assert explain(throttled, is_polling=True) == (
        "AWS throttles the reads (Rate exceeded): lower --read-budget or lengthen --interval."
    )


@pytest.mark.parametrize("op", ["s3.GetObject", "logs.GetLogEvents", "pricing.GetProducts"])
def test_only_throttled_reads_of_the_table_name_the_read_budget(op: str) -> None:
    error = Error(ErrorKind.TEMPORARY, op, ("a",), "Rate exceeded")
    assert explain(error, is_polling=True) == "AWS throttles the reads (Rate exceeded): try again in a moment."
    assert describe_retry(error) == "reflowtop keeps retrying."


@pytest.mark.parametrize("error_kind", ErrorKind)
def test_explain_of_an_error_without_text_is_not_empty(error_kind: ErrorKind) -> None:
    assert explain(Error(error_kind))


def test_explain_parts_returns_the_two_clauses() -> None:
    error, sentence = CASES[FailureReason.NO_INDEX]
    failure, remedy = explain_parts(error)
    assert (remedy, f"{failure}: {remedy}.") == (
        "run `reflowtop setup reflow-prod BUCKET` for its region and account",
        sentence,
    )
    assert explain_parts(Error(ErrorKind.OTHER, cause="x")) == ("x", "")


def test_explain_cuts_long_messages() -> None:
    assert len(explain(refused("ThrottlingException", "x" * 10_000))) < 500


def test_a_missing_table_is_named_with_its_region() -> None:
    error, _ = CASES[FailureReason.NO_TABLE]
    assert explain(error, "us-west-2").startswith("Table 'reflow-prod' not found in us-west-2: check its name")
    assert explain(CASES[FailureReason.NO_INDEX][0], "us-west-2") == CASES[FailureReason.NO_INDEX][1]


def test_describe_names_the_subject_without_calls() -> None:
    throttled = CASES[FailureReason.THROTTLED]
    assert describe(Error(ErrorKind.TEMPORARY, "read the tasks of run", ("4f2a91c0",), throttled[0])) == (
        f"tasks of run 4f2a91c0: {throttled[1]}"
    )
    decoding = Error(
        ErrorKind.INVALID, "decode row", ("sha256:00", "Keepalive"), "not a\ntime", reason=FailureReason.UNREADABLE
    )
    assert describe(decoding) == "row sha256:00 Keepalive: not a time"
    assert describe(Error(ErrorKind.INVALID, "find", ("zzzz",), "an id is 8 to 64 hex digits")) == (
        "zzzz: an id is 8 to 64 hex digits"
    )
    assert describe(Error(ErrorKind.NOT_EXIST, "find", ("zzzz",), "no run or task has zzzz")) == (
        "no run or task has zzzz"
    )
    assert describe(Error(ErrorKind.PRECONDITION, "repository")) == ErrorKind.PRECONDITION.description
