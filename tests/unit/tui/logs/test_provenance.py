"""Texts about logs: colours, sentences, addresses, times."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from store import Digest, Error, ErrorKind, FailureReason, LocalRepository, Log, Run, Task
from store.aws.error_mapping import map_exception
from store.logs.log import Check
from store.logs.object_log import ObjectLog
from store.logs.stream_log import StreamLog
from tests.support.rows import NOW, ago, make_run, make_task
from tui.logs import provenance
from tui.screens.log import log_texts


def refused(code: str, message: str, operation: str, args: tuple[str, ...]) -> Error:
    status = 404 if code in ("404", "NoSuchKey") else 400
    reply: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return map_exception(ClientError(reply, "Op"), operation, args)


LIVE, ENDED = make_task(1, 1), make_task(1, 1, end=NOW)


LOST = make_task(1, 1, start=ago(hours=2), keepalive=ago(hours=1))


@pytest.mark.parametrize(
    ("error", "row", "text"),
    [
        (
            refused("ResourceNotFoundException", "no stream", "logs.GetLogEvents", ("g", "s")),
            LIVE,
            "nothing written yet: g s",
        ),
        (
            refused("ResourceNotFoundException", "no stream", "logs.GetLogEvents", ("g", "s")),
            LOST,
            "nothing was written before the task was lost: g s",
        ),
        (
            refused("ResourceNotFoundException", "no stream", "logs.GetLogEvents", ("g", "s")),
            ENDED,
            "nothing was written, or the stream was deleted or expired: g s",
        ),
        (
            refused(
                "ResourceNotFoundException", "The specified log group does not exist", "logs.GetLogEvents", ("g", "s")
            ),
            LIVE,
            "log group g s not found: check the region and the account",
        ),
        (
            refused("NoSuchKey", "x", "s3.GetObject", ("b", "k\x1b")),
            ENDED,
            "the object is missing, deleted or never uploaded: b k␛",
        ),
        (
            refused("404", "x", "s3.GetObject", ("b", "k")),
            ENDED,
            "the object is missing, deleted or never uploaded: b k",
        ),
        (
            refused("NoSuchBucket", "x", "s3.GetObject", ("b", "k")),
            ENDED,
            "bucket b not found: check its name, the region and the account",
        ),
        (
            refused("SlowDown", "Please reduce your request rate.", "s3.GetObject", ("b", "k")),
            ENDED,
            "it could not be read. AWS throttles the reads (Please reduce your request rate): try again in a moment.",
        ),
        (Error(ErrorKind.NOT_EXIST, "open log", ("t",), "no log yet", FailureReason.NO_LOG), LIVE, "no log yet"),
        (
            Error(ErrorKind.NOT_SUPPORTED, "repository", ("reflow-prod",), "the TaskDB was opened without a bucket"),
            ENDED,
            "no bucket is configured for logs: set it with --bucket",
        ),
    ],
)
def test_reasons_for_a_missing_log(error: Error, row: Task, text: str) -> None:
    assert provenance.explain_missing(error, row, NOW) == text


@pytest.mark.parametrize(
    ("error", "begin"),
    [
        (
            refused("AccessDenied", "Access Denied", "s3.GetObject", ("b", "k")),
            "denied, s3:GetObject is required: b k: ",
        ),
        (
            refused("AccessDenied", "User: amy is not authorized to perform: kms:Decrypt on", "s3.GetObject", ("b",)),
            "denied, kms:Decrypt is required: b: User: amy",
        ),
        (
            refused("AccessDenied", "User: amy is not authorized to perform: s3:ListBucket", "s3.GetObject", ("b",)),
            "denied, or the object is missing, which S3 only says with s3:ListBucket: ",
        ),
        (
            refused("AccessDeniedException", "no", "logs.GetLogEvents", ("g", "s")),
            "denied, logs:GetLogEvents is required: ",
        ),
        (
            refused("ExpiredToken", "x", "s3.GetObject", ("b", "k")),
            "it could not be read. The credentials have expired: log in again",
        ),
        (Error(ErrorKind.NOT_ALLOWED, "stat", (), "x"), "denied: x"),
        (
            Error(ErrorKind.NET, "s3.GetObject", ("b", "k"), "gone"),
            "it could not be read. The service cannot be reached",
        ),
        (Error(ErrorKind.OTHER, "get", ("k",), "gone"), "it could not be read: object k: gone"),
    ],
)
def test_why_it_cannot_be_read(error: Error, begin: str) -> None:
    assert provenance.explain_missing(error, ENDED, NOW).startswith(begin)


@pytest.mark.parametrize(
    ("error", "is_offered"),
    [
        (Error(ErrorKind.NET, "s3.GetObject", ("b", "k"), "gone"), True),
        (Error(ErrorKind.NOT_EXIST, "s3.GetObject", ("b", "k"), "gone", FailureReason.NO_OBJECT), True),
        (Error(ErrorKind.NOT_EXIST, "open log", (), "the recording has no stdout", FailureReason.NO_LOG), False),
        (Error(ErrorKind.NOT_SUPPORTED, "repository", ("t",), "the TaskDB was opened without a bucket"), False),
    ],
)
def test_a_key_reads_again_only_what_may_have_changed(error: Error, is_offered: bool) -> None:
    assert provenance.may_change(error) == is_offered
    line = log_texts.provenance_line(None, error, ENDED, NOW, has_link=False, again_key="r").plain
    assert line.endswith("  r again") == is_offered


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (LIVE, "no inspect yet: it is written when the task ends"),
        (make_run(1), "no inspect yet: it is written when the run ends"),
        (ENDED, "no inspect: it ended without writing one"),
        (LOST, "no inspect: it is lost, its lease expired at 2026-11-01 11:03:41 UTC"),
    ],
)
def test_reasons_for_an_unwritten_log(row: Run | Task, text: str) -> None:
    assert provenance.not_written(row, "inspect", NOW) == text


def test_provenance_lines(tmp_path: Any) -> None:
    stream: Log = StreamLog(None, "g", "s\x1b")
    assert provenance.describe(stream, LIVE, NOW) == "growing · CloudWatch g s␛"
    assert provenance.describe(stream, ENDED, NOW) == "complete · CloudWatch g s␛"
    assert provenance.describe(stream, LOST, NOW) == "may be cut off: the task is lost · CloudWatch g s␛"
    lost_run = make_run(1, keepalive=LOST.keepalive)
    assert provenance.describe(stream, lost_run, NOW) == "may be cut off: the run is lost · CloudWatch g s␛"
    digest = Digest.compute(b"x")
    log = ObjectLog(LocalRepository(tmp_path), digest, 2048)
    assert (
        provenance.describe(log, LIVE, NOW) == f"complete · 2K · digest not verified yet · {tmp_path}/objects/{digest}"
    )
    log.check = Check.BAD
    bad = f"2K · CORRUPT: the content does not match its digest · {tmp_path}/objects/{digest}"
    assert provenance.describe(log, LIVE, NOW) == bad
