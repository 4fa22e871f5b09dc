"""Checks of the bucket and the log group: they read a recent log, or else an object that does not exist."""

from collections.abc import Sequence

import msgspec

from store import Digest, Error, FailureReason, Run, Task
from store.aws.error_mapping import parse_denial
from store.logs.log import END, Log
from store.logs.open import GROUP
from store.logs.stream_log import StreamLog
from store.repository import Repository
from tui.doctor.aws_service import RETRIES, AwsService
from tui.doctor.check_result import CheckResult, CheckStatus, failed, ok, skipped, warning
from tui.doctor.network import MISSING_ID
from tui.text import formats

NAMES = ("s3:ListBucket", "s3:GetObject", "logs:GetLogEvents")
_MISSING_STREAM = "reflowtop-doctor"
_MAY_BE_MISSING = "without it S3 reports missing objects as forbidden, and `cat` needs whole digests"
_NO_SAMPLE = "there is no recent log, and without s3:ListBucket S3 denies access to a missing object, too"


async def check_logs(service: AwsService, samples: Sequence[Task | Run]) -> list[CheckResult]:
    """Try to list the bucket, to read an object of it, and to read a stream of the log group."""
    repository = service.repository
    if repository is None:
        return [skipped(name, "no bucket given") for name in NAMES]
    listing = await _check_listing(service, repository)
    if listing.data.get("reason") == FailureReason.NO_BUCKET:
        return [listing, *(skipped(name, "no such bucket") for name in NAMES[1:])]
    objects = await _check_objects(service, repository, samples, can_list=listing.status is CheckStatus.OK)
    return [listing, objects, await _check_stream(service, samples)]


def skip_logs(why: str) -> list[CheckResult]:
    """Return the results of checks that did not run."""
    return [skipped(name, why) for name in NAMES]


async def _check_listing(service: AwsService, repository: Repository) -> CheckResult:
    try:
        await repository.find(MISSING_ID.hex)
    except Error as error:
        if error.reason is FailureReason.NO_BUCKET:
            no_bucket = f"bucket {service.bucket!r} not found"
            return msgspec.structs.replace(
                failed("s3:ListBucket", error), found=no_bucket, remedy="check its name, the region and the account"
            )
        if error.reason is not FailureReason.DENIED:
            return failed("s3:ListBucket", error)
        denied = failed("s3:ListBucket", error, status=CheckStatus.WARNING)
        return msgspec.structs.replace(denied, found=f"{denied.found}: {_MAY_BE_MISSING}")
    return ok("s3:ListBucket", "allowed")


async def _check_objects(
    service: AwsService, repository: Repository, samples: Sequence[Task | Run], *, can_list: bool
) -> CheckResult:
    error: Error | None = None
    for digest in (*filter(None, map(_digest, samples)), MISSING_ID):
        try:
            size = await repository.stat(digest)
        except Error as failure:
            error = failure
            continue
        return ok("s3:GetObject", f"allowed: read an object of {formats.size(size)}")
    assert error is not None  # noqa: S101
    if error.reason is FailureReason.NO_OBJECT or _is_about_listing(error):
        return ok("s3:GetObject", "allowed; there is no recent log to read")
    if error.reason is FailureReason.DENIED and not can_list and not samples and parse_denial(error) is None:
        return warning("s3:GetObject", f"unknown: {_NO_SAMPLE}", "open a log in the dashboard with `:log`")
    return failed("s3:GetObject", error)


async def _check_stream(service: AwsService, samples: Sequence[Task | Run]) -> CheckResult:
    found = await _find_stream(service, samples)
    log = found or StreamLog(service.streams, GROUP, _MISSING_STREAM, RETRIES)
    try:
        page = await log.read(END)
    except Error as error:
        if error.reason is FailureReason.NO_LOG_STREAM:
            return ok("logs:GetLogEvents", f"allowed on the log group {log.location.container}")
        if error.reason is FailureReason.NO_LOG_GROUP:
            why = f"no log group {log.location.container!r}: logs of running tasks cannot be read"
            return warning("logs:GetLogEvents", why, "check the region and the account", reason=str(error.reason))
        return failed("logs:GetLogEvents", error)
    read = formats.size(len(page.data))
    return ok("logs:GetLogEvents", f"allowed: read {read} of a stream of the log group {log.location.container}")


async def _find_stream(service: AwsService, samples: Sequence[Task | Run]) -> Log | None:
    for digest in filter(None, map(_digest, samples)):
        try:
            log = await service.db.logs.open(digest)
        except Error:
            continue  # the check of objects reports it
        if isinstance(log, StreamLog):
            return log
    return None


def _digest(row: Task | Run) -> Digest:
    return row.stderr if isinstance(row, Task) else row.run_log


def _is_about_listing(error: Error) -> bool:
    denial = parse_denial(error)
    return denial is not None and denial.action == "s3:ListBucket"
