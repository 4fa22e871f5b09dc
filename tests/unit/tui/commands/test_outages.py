"""Reports of outages."""

import pytest

from store import Error, ErrorKind, FailureReason
from tui.commands.outages import OutageReporter

DOWN = Error(ErrorKind.NET, "dynamodb.Query", ("reflow-prod",), "refused")
WRONG = Error(ErrorKind.INVALID, "settings", ("AWS_REGION",), "'x y' is no region", reason=FailureReason.SETTINGS)
THROTTLED = Error(ErrorKind.TEMPORARY, "dynamodb.Query", ("reflow-prod",), "slow down")


def test_each_reason_is_reported_once_and_recovery_too(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = OutageReporter()
    for error in (None, DOWN, DOWN, THROTTLED, WRONG, None, None):
        reporter.report(error)
    down, throttled, wrong, recovered = capsys.readouterr().err.splitlines()
    assert "cannot be reached (refused)" in down
    assert "throttle" in throttled
    assert wrong == "reflowtop: 'x y' is no region. reflowtop keeps retrying."
    assert recovered == "reflowtop: reads succeed again"
