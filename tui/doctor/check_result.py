"""The result of one check, and functions that create results."""

import enum
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from store import Error, FailureReason
from store.aws.error_mapping import parse_denial, service_message
from tui.exit_status import ExitCode, find_exit_code
from tui.text.redaction import redact
from tui.watch.polling.error_texts import explain_parts

# With these reasons every request fails: later checks would only repeat the error.
_EVERYWHERE = frozenset(
    {
        FailureReason.UNREACHABLE,
        FailureReason.TIMEOUT,
        FailureReason.SERVICE,
        FailureReason.BAD_REPLY,
        FailureReason.UNTRUSTED_CERTIFICATE,
        FailureReason.NO_CREDENTIALS,
        FailureReason.EXPIRED_CREDENTIALS,
        FailureReason.CLOCK_SKEW,
        FailureReason.SETTINGS,
    }
)
# A stream of a log group, or an object of a bucket, in an ARN.
_ONE_OF_MANY = re.compile(r"(:log-stream:|/objects/).+")


class CheckStatus(enum.StrEnum):
    """The status of a check. With a warning a feature is missing; with a problem the dashboard or the logs do not work.

    A check is skipped if another problem prevents it, or if there is nothing to check.
    """

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    SKIPPED = "skipped"


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a check: its name, its status, the facts `found` as text, and a `remedy` if one is needed.

    `data` has the facts for programs. `exit_code` is the exit status that a problem causes.
    """

    name: str
    status: CheckStatus
    found: str
    remedy: str = ""
    data: Mapping[str, Any] = {}
    exit_code: ExitCode = ExitCode.OK

    @property
    def text(self) -> str:
        """The facts and the remedy in one sentence."""
        return f"{self.found}; {self.remedy}" if self.remedy else self.found


def ok(name: str, found: str, **data: Any) -> CheckResult:
    """Return the result of a check that found nothing wrong."""
    return CheckResult(name=name, status=CheckStatus.OK, found=found, data=data)


def warning(name: str, found: str, remedy: str = "", **data: Any) -> CheckResult:
    """Return a warning."""
    return CheckResult(name=name, status=CheckStatus.WARNING, found=found, remedy=remedy, data=data)


def problem(name: str, found: str, remedy: str = "", **data: Any) -> CheckResult:
    """Return a problem outside of the service: its exit status is FAILED."""
    return CheckResult(
        name=name, status=CheckStatus.PROBLEM, found=found, remedy=remedy, data=data, exit_code=ExitCode.FAILED
    )


def skipped(name: str, why: str) -> CheckResult:
    """Return the result of a check that did not run."""
    return CheckResult(name=name, status=CheckStatus.SKIPPED, found=why)


def failed(
    name: str, error: Error, region: str | None = None, *, status: CheckStatus = CheckStatus.PROBLEM
) -> CheckResult:
    """Return the result of a check whose request failed with `error`, in `region`."""
    failure, remedy = explain_parts(error, region)
    denial = parse_denial(error)
    if error.reason is FailureReason.DENIED:
        action = denial.action if denial is not None else _action(error)
        failure, remedy = f"denied ({service_message(error)})", f"allow {action}, as the policy in the README does"
        if denial is not None:
            failure = f"denied to {denial.principal}"
            remedy = f"allow {action} on {_widen(denial.resource)}" if denial.resource else remedy
    exit_code = ExitCode.OK
    if status is CheckStatus.PROBLEM:
        exit_code = ExitCode.SERVICE if find_exit_code(error) is ExitCode.SERVICE else ExitCode.FAILED
    return CheckResult(
        name=name,
        status=status,
        found=redact(failure),
        remedy=remedy,
        data={"reason": str(error.reason)},
        exit_code=exit_code,
    )


def holds_everywhere(error: Error) -> bool:
    """Return whether every other request would fail with the same error: no connection, no valid credentials."""
    return error.reason in _EVERYWHERE


def _widen(resource: str) -> str:
    """Return an ARN for a policy: with all streams or objects in place of the one that was denied."""
    return _ONE_OF_MANY.sub(r"\1*", resource)


def _action(error: Error) -> str:
    operation = next((each.op for each in error.chain() if isinstance(each, Error) and "." in each.op), "")
    return operation.replace(".", ":") or "the action"
