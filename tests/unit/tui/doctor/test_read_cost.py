from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from store import Error, ErrorKind, FailureReason
from tests.support.dashboard import cluster
from tests.support.doctor_checks import by_name, doctor_settings
from tests.support.rows import NOW
from tests.support.scripted_db import ScriptedDB
from tui.doctor import read_cost
from tui.doctor.aws_service import AwsService
from tui.doctor.check_result import CheckResult
from tui.query.filter import parse
from tui.watch.model.cluster import Cluster
from tui.watch.polling.status import Status


async def check(db: ScriptedDB, **settings: Any) -> dict[str, CheckResult]:
    service = cast("AwsService", SimpleNamespace(db=db))
    given = doctor_settings("", **settings)
    return by_name(read_cost.check_reads(await read_cost.try_refresh(service, given, lambda: NOW), given, "us-west-2"))


async def test_the_first_refresh_reports_cost_and_rows() -> None:
    first = (await check(cluster()))["first refresh"]
    assert (first.data["rcu"], first.data["runs"], first.data["tasks"]) == (31.0, 4, 4)


@pytest.mark.parametrize(
    ("refused", "rate"),
    [
        (None, 2.0 / 5 + 900.0 / 90),
        (Error(ErrorKind.NOT_EXIST, reason=FailureReason.NO_INDEX), 900.0 / 5),
    ],
)
def test_the_rate_counts_changes_and_one_read_per_renewal(refused: Error | None, rate: float) -> None:
    first, second = Status(consumed=900.0), Status(consumed=2.0, refused=refused)
    trial = read_cost.RefreshTrial(Cluster(NOW), first, second, 0.1)
    assert read_cost.estimate_rate(trial, timedelta(seconds=5)) == pytest.approx(rate)


async def test_the_cost_is_labelled_as_that_of_our_reads() -> None:
    cost = (await check(cluster(), price=1.0))["cost of our reads"]
    assert cost.found.endswith("/h (of DynamoDB; logs not counted)")
    rate, dollars = cost.data["rcu_per_second"], cost.data["usd_per_hour"]
    assert dollars == pytest.approx(rate * 3600 / 1e6, rel=0.01)


async def test_reads_that_exceed_the_budget_are_slowed_by_it() -> None:
    cost = (await check(cluster(), read_budget=0.1))["cost of our reads"]
    assert (cost.status, cost.data["rcu_per_second"]) == ("warning", 0.1)
    assert "raise --read-budget (it is 0.1 RCU/s)" in cost.remedy


async def test_rows_that_are_left_out_are_named() -> None:
    db = cluster()
    db.row_errors = [
        Error(ErrorKind.INVALID, "decode row", ("sha256:aa", "URI"), "of another type", FailureReason.UNREADABLE)
    ]
    gaps = (await check(db, user="amy", filter=parse("state:failed")))["left out"]
    assert (gaps.status, gaps.data["unreadable"]) == ("warning", 1)
    assert gaps.found.startswith("1 unreadable field, such as row sha256:aa URI: of another type; runs of users")
    assert "runs of users other than amy, runs outside the filter state:failed" in gaps.text


async def test_a_failure_is_reported_once() -> None:
    db = cluster()
    db.failure = Error(ErrorKind.TEMPORARY, "dynamodb.Query", ("t",), "slow down")
    results = await check(db)
    assert [each.status for each in results.values()] == ["problem", "skipped", "skipped", "skipped"]
    db.failure = Error(ErrorKind.NOT_ALLOWED, "dynamodb.Query", ("t",), "denied")
    assert {each.found for each in (await check(db)).values()} == {"nothing was read: see above"}
