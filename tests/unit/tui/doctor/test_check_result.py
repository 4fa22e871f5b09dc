from typing import Any

import botocore.exceptions
import pytest

from store import Error, ErrorKind, FailureReason
from store.aws.error_mapping import map_exception
from tui.doctor.check_result import CheckStatus, failed, holds_everywhere, ok, problem
from tui.exit_status import ExitCode

WHO = "arn:aws:iam::123456789012:user/amy"


def denied(message: str) -> Error:
    response: Any = {
        "Error": {"Code": "AccessDeniedException", "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    cause = botocore.exceptions.ClientError(response, "Query")
    return map_exception(cause, "dynamodb.Query", ("reflow-prod",))


def test_a_denial_names_who_and_the_action_to_allow() -> None:
    result = failed("x", denied(f"User: {WHO} is not authorized to perform: dynamodb:Query on resource: arn:x"))
    assert result.text == f"denied to {WHO}; allow dynamodb:Query on arn:x"
    assert result.exit_code == ExitCode.SERVICE
    assert result.data == {"reason": "denied"}


def test_a_denial_without_the_usual_sentence_names_the_operation() -> None:
    assert failed("x", denied("no")).text == "denied (no); allow dynamodb:Query, as the policy in the README does"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Error(ErrorKind.NET, "dynamodb.Query"), ExitCode.SERVICE),
        (Error(ErrorKind.NOT_EXIST, "dynamodb.Query", ("t",), reason=FailureReason.NO_TABLE), ExitCode.FAILED),
        (Error(ErrorKind.INVALID, "open session", (), "no region", FailureReason.SETTINGS), ExitCode.FAILED),
    ],
)
def test_exit_codes(error: Error, code: ExitCode) -> None:
    assert failed("x", error).exit_code == code
    assert failed("x", error, status=CheckStatus.WARNING).exit_code == ExitCode.OK


@pytest.mark.parametrize(
    ("resource", "shown"),
    [
        (
            "arn:aws:logs:us-west-2:1:log-group:reflow:log-stream:a/b/stderr",
            "arn:aws:logs:us-west-2:1:log-group:reflow:log-stream:*",
        ),
        ("arn:aws:s3:::reflow-logs/objects/sha256:00", "arn:aws:s3:::reflow-logs/objects/*"),
        ("arn:aws:s3:::reflow-logs", "arn:aws:s3:::reflow-logs"),
    ],
)
def test_a_remedy_is_about_all_streams_and_objects(resource: str, shown: str) -> None:
    result = failed("x", denied(f"User: {WHO} is not authorized to perform: x:Get on resource: {resource}"))
    assert result.remedy == f"allow x:Get on {shown}"


def test_secrets_in_errors_are_masked() -> None:
    error = Error(ErrorKind.NET, "dynamodb.Query", (), "Failed to connect to proxy http://amy:hunter2@proxy:3128")
    assert "hunter2" not in failed("x", error).text


def test_the_text_joins_facts_and_remedy() -> None:
    assert problem("x", "broken", "mend it").text == "broken; mend it"
    assert ok("x", "fine").text == "fine"


def test_only_errors_of_the_connection_hold_everywhere() -> None:
    assert holds_everywhere(Error(ErrorKind.NET))
    assert holds_everywhere(Error(ErrorKind.NOT_ALLOWED, reason=FailureReason.EXPIRED_CREDENTIALS))
    assert not holds_everywhere(Error(ErrorKind.NOT_ALLOWED))
