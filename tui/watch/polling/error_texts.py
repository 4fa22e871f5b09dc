"""Sentences for failed reads: why a read failed and what to do about it, one for each reason."""

import re
from collections.abc import Callable
from typing import NamedTuple

from store import Error, ErrorKind, FailureReason
from store.aws.error_mapping import (
    CHECK_REGION,
    error_code,
    find_remedy,
    parse_denial,
    service_message,
    throttling_reasons,
)
from store.aws.failure_causes import EXPORT_AGAIN, CredentialsFailure, ProxyFailure

NO_BUCKET = "no bucket is configured for logs: set it with --bucket"
"""The sentence about objects where no bucket is set."""
_MAX_LENGTH = 300
_SKEW = re.compile(r"(?P<signed>\d{8}T\d{6}Z)\D+(?P<now>\d{8}T\d{6}Z)")


class Explanation(NamedTuple):
    """The clauses of a sentence: why a read failed, and what to do; `remedy` is empty if the first says it all."""

    failure: str
    remedy: str = ""


def explain(error: Error, region: str | None = None, *, is_polling: bool = False) -> str:
    """Return a sentence that says why a read failed and what to do. A missing table is named with its `region`.

    `is_polling` is for reads of the table that are repeated, at the pace of --interval and --read-budget. The sentence
    has a full stop only after a remedy: most of those without one are a line of their own. It quotes text of AWS and of
    other libraries: pass it through `tui.text.safe` before it is shown.
    """
    failure, remedy = explain_parts(error, region, is_polling=is_polling)
    mark = ";" if error.reason in (FailureReason.DENIED, FailureReason.NO_CREDENTIALS) else ":"
    return f"{failure}{mark} {remedy}." if remedy else failure


def explain_parts(error: Error, region: str | None = None, *, is_polling: bool = False) -> Explanation:
    """Return the sentence of `explain` in its two clauses, without the full stop."""
    origin = _origin(error)
    if error.reason is FailureReason.NO_TABLE:
        return _no_table(origin, region)
    if error.reason is FailureReason.THROTTLED:
        return _throttled(origin, is_polling=is_polling)
    explain_reason = _EXPLANATIONS.get(error.reason)
    return Explanation(quote(origin)) if explain_reason is None else explain_reason(origin)


def describe(error: Error) -> str:
    """Return the subject and the cause of a failed step, without the names of calls: `row 4f2a Start: …`.

    Use it for one of several failures; `explain` does not name the subject. Pass the text through `tui.text.safe`.
    """
    origin = _origin(error)
    outer = (_subject(node) for node in error.chain() if isinstance(node, Error) and node is not origin)
    return ": ".join(filter(None, (*dict.fromkeys(outer), explain(origin))))


def quote(error: Error) -> str:
    """Return the cause of `error` after what it is about, unless it names that itself; without the names of calls.

    Pass it through `tui.text.safe`, too.
    """
    subject, text = _subject(error), _cause(error)
    return text if not subject or all(arg in text for arg in error.args) else f"{subject}: {text}"


def describe_retry(error: Error) -> str:
    """Return a sentence, to follow that of `explain`, about what reflowtop does in the meantime."""
    origin = _origin(error)
    remedies = (find_remedy(origin), getattr(origin.cause, "remedy", ""))
    if EXPORT_AGAIN in remedies or (error.reason is FailureReason.THROTTLED and not _is_paced(origin)):
        return _KEEPS_RETRYING
    return _RETRIES.get(error.reason, _KEEPS_RETRYING)


def _origin(error: Error) -> Error:
    """Return the innermost Error of the chain: the outer ones only name the steps that led to it."""
    return [node for node in error.chain() if isinstance(node, Error)][-1]


def _message(error: Error) -> str:
    return service_message(error)[:_MAX_LENGTH].rstrip(".")


def _table(error: Error) -> str:
    return error.args[0][:_MAX_LENGTH] if error.args else ""


def _index(error: Error) -> str:
    return error.args[1][:_MAX_LENGTH] if len(error.args) > 1 else ""


def _no_table(error: Error, region: str | None) -> Explanation:
    where = f" in {region}" if region else ""
    return Explanation(f"Table {_table(error)!r} not found{where}", "check its name, the region and the account")


def _no_index(error: Error) -> Explanation:
    failure = f"Table {_table(error)!r} has no index {_index(error)!r}"
    # In another region, the command would create a table.
    return Explanation(failure, f"run `reflowtop setup {_table(error)} BUCKET` for its region and account")


def _index_not_ready(error: Error) -> Explanation:
    return Explanation(f"Index {_index(error)!r} is still being built", "wait until it is ready")


def _denied(error: Error) -> Explanation:
    denial = parse_denial(error)
    if denial is None:  # S3 and proxies do not say what
        action = error.op.replace(".", ":") if _service_name(error) else ""
        what = " on ".join(filter(None, (action, _subject(error))))
        return Explanation(f"Access denied{f' to {what}' if what else ''}: {_message(error)}")
    resource = f" on {denial.resource}" if denial.resource else ""
    failure = f"Access denied: {denial.principal} may not {denial.action}{resource}"
    return Explanation(failure, "a policy must allow it")


def _no_credentials(error: Error) -> Explanation:
    failure = error.cause
    if not isinstance(failure, CredentialsFailure):
        return Explanation(f"No credentials ({_message(error)})", "log in again, or renew the credentials")
    if not failure.provider:
        return Explanation("No credentials found", failure.remedy)
    return Explanation(f"No credentials from {failure.provider}: {failure.words}", failure.remedy)


def _expired(error: Error) -> Explanation:
    message = _message(error)
    is_expired = "expired" in f"{error_code(error)} {message}".lower()  # a recording has no codes
    failure = "The credentials have expired" if is_expired else f"The credentials were refused ({message})"
    return Explanation(failure, find_remedy(error) or "log in again, or renew them")


def _clock_skew(error: Error) -> Explanation:
    times = _SKEW.search(str(error.cause))
    clocks = f" (it says {times['signed']}, AWS {times['now']})" if times else ""
    return Explanation(f"This machine's clock is wrong{clocks}, so AWS rejects its signatures", "set the clock")


def _throttled(error: Error, *, is_polling: bool) -> Explanation:
    reasons = throttling_reasons(error)[:_MAX_LENGTH] or _message(error)
    noun = "writes" if _operation(error).startswith(("Create", "Update")) else "reads"  # those of `setup`
    failure = f"AWS throttles the {noun} ({reasons})"
    if is_polling and _is_paced(error):
        return Explanation(failure, "lower --read-budget or lengthen --interval")
    return Explanation(failure, "try again in a moment")


def _unreachable(error: Error) -> Explanation:
    if isinstance(error.cause, ProxyFailure):
        return Explanation(f"The service cannot be reached: {error.cause}", error.cause.remedy)
    failure = f"The service cannot be reached ({_message(error)})"
    return Explanation(failure, "check the network, the region and the endpoint")


def _timeout(error: Error) -> Explanation:
    failure = f"The service does not answer in time ({_message(error)})"
    return Explanation(failure, "check the network if this lasts")


def _service(error: Error) -> Explanation:
    return Explanation(f"The service fails ({_message(error)})", "try again later")


def _bad_reply(error: Error) -> Explanation:
    service = _service_name(error)
    if not service:  # an object or a file whose content is not what it should be
        return Explanation(quote(error))
    return Explanation(f"The reply is not from {service} ({_message(error)})", _check_way(service))


def _refused(error: Error) -> Explanation:
    code, service = error_code(error), _service_name(error)
    if not code:  # an argument, which was never sent
        if service == _S3 and "Invalid bucket name" in _cause(error):
            return Explanation(f"{error.args[0]!r} is not the name of a bucket", "check --bucket")
        return Explanation(quote(error))
    if service == _DYNAMODB and code == "ValidationException":  # such as of a table with other keys
        return Explanation(f"The service refuses a request ({_message(error)})", "check that it is reflow's table")
    if service not in ("", _DYNAMODB) and not code.isdecimal():  # that service did answer
        return Explanation(f"{service[:1].upper()}{service[1:]} refuses a request for {quote(error)}")
    return Explanation(f"The service refuses a request ({_message(error)})", _check_way(service))


def _other(error: Error) -> Explanation:
    if error.op == "repository" and error.kind is ErrorKind.NOT_SUPPORTED:  # the TaskDB has none
        return Explanation(NO_BUCKET)
    # A status without a code of AWS, such as 404, comes from another server.
    return _refused(error) if error_code(error).isdecimal() else Explanation(quote(error))


def _service_name(error: Error) -> str:
    """Return the name of the service that was called; an empty text for what is not a call."""
    return _SERVICES.get(error.op.partition(".")[0], "")


def _is_paced(error: Error) -> bool:
    """Return whether the read budget paces the reads that failed: those of the table, but not those of logs."""
    return _service_name(error) in ("", _DYNAMODB)


def _operation(error: Error) -> str:
    return error.op.partition(".")[2]


def _check_way(service: str) -> str:
    """Return the remedy for replies of another server. --endpoint-url is not for prices and identities."""
    return "check any proxies" if service in _WITHOUT_ENDPOINT else "check --endpoint-url and any proxies"


def _settings(error: Error) -> Explanation:
    if error_code(error):  # a bucket of another region
        return Explanation(quote(error), "check the region")
    return Explanation(_cause(error).replace(CHECK_REGION, "check --region, AWS_REGION, and that of the profile"))


def _cause(error: Error) -> str:
    """Return the text of the cause, or that of the kind if there is none."""
    text = " ".join(str(error.cause or error.__cause__ or "").split())
    if text.startswith("An error occurred ("):  # of botocore, with the name of the call
        text = service_message(error)
    return text[:_MAX_LENGTH] or error.kind.description


def _subject(error: Error) -> str:
    """Return what an operation was about, in the words of the user; its name is that of a call."""
    return " ".join(filter(None, (_SUBJECTS.get(error.op, ""), *error.args)))[:_MAX_LENGTH]


_DYNAMODB, _S3 = "DynamoDB", "S3"
_SERVICES = {
    "dynamodb": _DYNAMODB,
    "logs": "CloudWatch Logs",
    "pricing": "the AWS Price List API",
    "s3": _S3,
    "sts": "AWS STS",
}

_WITHOUT_ENDPOINT = (_SERVICES["pricing"], _SERVICES["sts"])

_SUBJECTS = {
    "decode row": "row",
    "get": "object",
    "parse inspect": "inspect",
    "parse trace": "trace",
    "read inspect": "inspect",
    "read log": "log of",
    "read object": "object",
    "read recording": "recording",
    "read the tasks of run": "tasks of run",
}

# For any other reason, `quote` returns the text of the cause.
_EXPLANATIONS: dict[FailureReason, Callable[[Error], Explanation]] = {
    FailureReason.NO_INDEX: _no_index,
    FailureReason.INDEX_NOT_READY: _index_not_ready,
    FailureReason.DENIED: _denied,
    FailureReason.NO_CREDENTIALS: _no_credentials,
    FailureReason.EXPIRED_CREDENTIALS: _expired,
    FailureReason.CLOCK_SKEW: _clock_skew,
    FailureReason.UNREACHABLE: _unreachable,
    FailureReason.TIMEOUT: _timeout,
    FailureReason.SERVICE: _service,
    FailureReason.BAD_REPLY: _bad_reply,
    FailureReason.SETTINGS: _settings,
    FailureReason.INVALID: _refused,
    FailureReason.OTHER: _other,
}

_KEEPS_RETRYING = "reflowtop keeps retrying."
_RESUMES = "Reading then resumes by itself."
_RETRIES = {
    FailureReason.INDEX_NOT_READY: _RESUMES,
    FailureReason.NO_CREDENTIALS: _RESUMES,
    FailureReason.EXPIRED_CREDENTIALS: _RESUMES,
    FailureReason.CLOCK_SKEW: _RESUMES,
    FailureReason.THROTTLED: "Reads slow down until throttling stops.",
}
