"""Refreshes made from what a poller sees."""

from store import Error, ErrorKind, FailureReason
from tests.support.rows import NOW
from tui.watch.model.cluster import Cluster
from tui.watch.polling.error_texts import explain
from tui.watch.polling.status import Status
from tui.watch.recording.recorder import Refresh
from tui.watch.recording.refresh_format import RowNumbers, decode, encode


def test_reasons_of_failed_reads_are_recorded() -> None:
    told = Exception("An error occurred (AccessDeniedException) when calling the Query operation: arn:me is not "
                     "authorized to perform: dynamodb:Query on resource: arn:table")  # fmt: skip
    told.response = {"Error": {"Code": "AccessDeniedException"}}  # type: ignore[attr-defined]
    slow = Exception("slow down")
    slow.response = {"Error": {"Code": "Throttling"}, "ThrottlingReasons": [{"reason": "TableReadRange"}]}  # type: ignore[attr-defined]
    errors = [
        Error(ErrorKind.NOT_ALLOWED, "query", ("reflow-prod",), told),
        Error(ErrorKind.OTHER, "refresh", (), Error(ErrorKind.TEMPORARY, "query", (), slow)),
        Error(ErrorKind.NET, "query", ("reflow-prod",), ConnectionError("refused")),
        Error(ErrorKind.TIMEOUT),
        Error(ErrorKind.NOT_EXIST, "query", ("reflow-prod", "index"), "gone", FailureReason.NO_INDEX),
        Error(ErrorKind.TIMEOUT, "query", (), None, FailureReason.THROTTLED),
    ]
    status = Status(unreadable=tuple(errors))
    refresh = Refresh(time=NOW, status=status, delta=Cluster(NOW).delta())
    again = decode(NOW, list(encode(refresh, RowNumbers())), RowNumbers())
    assert [explain(error) for error in again.status.unreadable] == [explain(error) for error in errors]
    assert [error.reason for error in again.status.unreadable] == [error.reason for error in errors]
