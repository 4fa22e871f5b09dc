from typing import Any

import botocore.exceptions
import pytest

from store import Error, ErrorKind
from store.aws.error_mapping import BadReply, failure
from tui.watch.polling.error_texts import Failure, kind, outlook, reason

TABLE = "reflow-prod"
INDEX = "Date-Keepalive-index"
ARN = f"arn:aws:dynamodb:us-west-2:123456789012:table/{TABLE}/index/{INDEX}"


def refused(code: str, message: str = "", **response: Any) -> Error:
    response |= {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    cause: Any = botocore.exceptions.ClientError
    return failed(cause(response, "Query"))


def failed(cause: Exception) -> Error:
    return failure(cause, "dynamodb.Query", (TABLE, INDEX))


def gave_up(after: str) -> Error:
    return Error(
        ErrorKind.TIMEOUT, "dynamodb.Query", (TABLE,), TimeoutError(f"gave up after 30 s; the last try: {after}")
    )


DENIED = (
    "User: arn:aws:iam::123456789012:user/amy is not authorized to perform: dynamodb:Query on resource: "
    f"{ARN} because no identity-based policy allows the dynamodb:Query action"
)
SKEWED = "Signature expired: 20261101T120000Z is now earlier than 20261101T120500Z (20261101T121000Z - 5 min.)"
NO_REPLY = botocore.exceptions.EndpointConnectionError(endpoint_url="https://dynamodb.us-wset-2.amazonaws.com/")
HTML = BadReply("bad reply to Query: 5 bytes of text/html")
REASONS = [{"reason": "IndexReadProvisionedThroughputExceeded", "resource": ARN}]
LOG_IN_AGAIN = "The credentials are not valid any more: log in again, e.g. with `aws sso login`."

CASES = {
    Failure.NO_TABLE: (
        refused("ResourceNotFoundException", "Requested resource not found"),
        "There is no table reflow-prod here: check its name, the region and the account.",
    ),
    Failure.NO_INDEX: (
        refused("ValidationException", f"The table does not have the specified index: {INDEX}"),
        "The table reflow-prod lacks the index Date-Keepalive-index: `reflowtop setup` adds it.",
    ),
    Failure.INDEX_NOT_READY: (
        refused("ValidationException", f"Cannot read from backfilling global secondary index: {INDEX}"),
        "The index Date-Keepalive-index is still being built: wait until it is ready.",
    ),
    Failure.DENIED: (
        refused("AccessDeniedException", DENIED),
        (
            f"Access is denied: arn:aws:iam::123456789012:user/amy may not dynamodb:Query on {ARN};"
            " a policy has to allow it."
        ),
    ),
    Failure.EXPIRED: (
        refused("ExpiredTokenException", "The security token included in the request is expired"),
        LOG_IN_AGAIN,
    ),
    Failure.NO_CREDENTIALS: (
        failed(botocore.exceptions.NoCredentialsError()),
        "There are no credentials (Unable to locate credentials): log in, e.g. with `aws sso login`.",
    ),
    Failure.CLOCK: (
        refused("InvalidSignatureException", SKEWED),
        (
            "The clock of this machine is off (it says 20261101T120000Z, AWS 20261101T120500Z), so AWS refuses"
            " what it signs: set it."
        ),
    ),
    Failure.THROTTLED: (
        refused("ProvisionedThroughputExceededException", "The level of throughput", ThrottlingReasons=REASONS),
        (
            "AWS throttles the reads (IndexReadProvisionedThroughputExceeded): a lower --read-budget or a longer"
            " --interval asks for less."
        ),
    ),
    Failure.UNREACHABLE: (
        failed(NO_REPLY),
        (
            'The service cannot be reached (Could not connect to the endpoint URL: "https://dynamodb.us-wset-2'
            '.amazonaws.com/"): check the network, the region and the endpoint.'
        ),
    ),
    Failure.TIMEOUT: (
        gave_up("Read timeout on endpoint URL"),
        "The service does not answer in time (gave up after 30 s): check the network if this lasts.",
    ),
    Failure.SERVICE: (
        refused("InternalServerError", "The request processing has failed"),
        "The service fails (The request processing has failed): all that helps is to try again.",
    ),
    Failure.BAD_REPLY: (
        failed(HTML),
        (
            "What answers is not DynamoDB (bad reply to Query: 5 bytes of text/html): check --endpoint-url and"
            " proxies on the way."
        ),
    ),
    Failure.SETTINGS: (
        failed(botocore.exceptions.NoRegionError()),
        (
            "dynamodb.Query reflow-prod Date-Keepalive-index: invalid: You must specify a region; check the region:"
            " AWS_REGION, or that of the profile"
        ),
    ),
    Failure.OTHER: (
        Error(ErrorKind.OTHER, "dynamodb.Query", (TABLE,), "a mistake"),
        "dynamodb.Query reflow-prod: a mistake",
    ),
}


@pytest.mark.parametrize("expected", Failure)
def test_each_kind_has_a_sentence_of_its_own(expected: Failure) -> None:
    error, sentence = CASES[expected]
    assert kind(error) is expected
    assert reason(error) == sentence
    assert outlook(error)
    wrapped = Error(error.kind, "read the tasks of run", ("77aa01ff",), error)
    assert (kind(wrapped), reason(wrapped)) == (expected, sentence)


@pytest.mark.parametrize(
    ("error", "expected", "sentence"),
    [
        (refused("AccessDenied", "Access Denied"), Failure.DENIED, "Access is denied: Access Denied."),
        (refused("UnrecognizedClientException", "The security token is invalid."), Failure.EXPIRED, LOG_IN_AGAIN),
        (refused("ThrottlingException", "Rate exceeded."), Failure.THROTTLED, "(Rate exceeded)"),
        (gave_up("An error occurred (ThrottlingException)"), Failure.THROTTLED, "(gave up after 30 s)"),
        (refused("NoSuchBucket", "gone"), Failure.OTHER, "gone"),
    ],
)
def test_others_of_the_same_kind(error: Error, expected: Failure, sentence: str) -> None:
    assert kind(error) is expected
    assert sentence in reason(error)


@pytest.mark.parametrize("error_kind", ErrorKind)
def test_an_error_that_says_nothing_has_a_sentence(error_kind: ErrorKind) -> None:
    assert reason(Error(error_kind))


def test_what_aws_writes_is_cut() -> None:
    assert len(reason(refused("ThrottlingException", "x" * 10_000))) < 500
