"""Checks of a trial refresh: its cost, and the rows that it leaves out."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from store import Error, FailureReason, Run, Task
from store.lease import RENEWAL
from store.times import Clock, utc_now
from tui.doctor.aws_service import AwsService
from tui.doctor.check_result import CheckResult, failed, ok, skipped, warning
from tui.settings import Settings
from tui.text import formats
from tui.text.redaction import redact
from tui.watch.model.cluster import Cluster
from tui.watch.polling.budget import Budget
from tui.watch.polling.error_texts import describe
from tui.watch.polling.poller import Poller
from tui.watch.polling.status import Status

NAMES = ("first refresh", "cost of our reads", "left out", "missed rows")
# Audits take minutes, and only a running dashboard has their results.
_MISSED = skipped("missed rows", "counted by a running dashboard: see `:reads` there")
# The check of the table has reported these.
_TOLD_ABOVE = {FailureReason.DENIED, FailureReason.NO_TABLE, FailureReason.NO_INDEX, FailureReason.INDEX_NOT_READY}
# Logs to try: some may have been deleted since.
_MOST_SAMPLES = 3


class RefreshTrial(NamedTuple):
    """Two refreshes by the poller of the dashboard: the status after each, and the duration of the first in seconds."""

    cluster: Cluster
    first: Status
    second: Status
    seconds: float


async def try_refresh(service: AwsService, settings: Settings, clock: Clock = utc_now) -> RefreshTrial:
    """Read every row alive since `settings.since`, then the changes since. `clock` is this machine's clock."""
    cluster = Cluster(clock())
    budget = Budget(settings.read_budget, settings.price)
    poller = Poller(
        cluster,
        settings.since.at,
        budget,
        interval=settings.interval,
        keep_ended=settings.keep_failed,
        clock=clock,
    )
    began = time.perf_counter()
    await poller.refresh(service.db)
    first, seconds = poller.status, time.perf_counter() - began
    if first.error is None:
        await poller.refresh(service.db)
    return RefreshTrial(cluster, first, poller.status, seconds)


def check_reads(trial: RefreshTrial, settings: Settings, region: str) -> list[CheckResult]:
    """Return the cost of refreshes, and the rows that they leave out."""
    if trial.first.error is not None:
        if trial.first.error.reason in _TOLD_ABOVE:
            return skip_reads("nothing was read: see above")
        first, *others = NAMES
        return [failed(first, trial.first.error, region), *(skipped(name, "nothing was read") for name in others)]
    return [_describe_scan(trial), _describe_cost(trial, settings), _describe_gaps(trial, settings), _MISSED]


def skip_reads(why: str) -> list[CheckResult]:
    """Return the results for reads that did not run."""
    return [skipped(name, why) for name in NAMES]


def find_samples(cluster: Cluster) -> list[Task | Run]:
    """Return the rows with a log of their own that ended last, at most 3, tasks first."""
    tasks = [task for run in cluster.runs for task in cluster.tally(run.id).tasks.values() if task.stderr]
    runs = [run for run in cluster.runs if run.run_log]
    return [*_newest(tasks), *_newest(runs)][:_MOST_SAMPLES]


def _newest(rows: Iterable[Task | Run]) -> list[Task | Run]:
    return sorted((row for row in rows if row.end is not None), key=_end, reverse=True)


def _end(row: Task | Run) -> datetime:
    assert row.end is not None  # noqa: S101
    return row.end


def _describe_scan(trial: RefreshTrial) -> CheckResult:
    cluster, status = trial.cluster, trial.first
    tasks = sum(len(cluster.tally(run.id).tasks) for run in cluster.runs)
    cost = f"{formats.decimal(status.consumed)} RCU in {formats.decimal(trial.seconds)} s"
    data = {
        "rcu": status.consumed,
        "seconds": round(trial.seconds, 3),
        "runs": len(cluster.runs),
        "tasks": tasks,
        "unreadable": len(status.unreadable),
    }
    counts = f"{formats.count(len(cluster.runs), 'run')}, {formats.count(tasks, 'task')}"
    return ok("first refresh", f"{cost}: {counts}", **data)


def _describe_cost(trial: RefreshTrial, settings: Settings) -> CheckResult:
    rate, refused = estimate_rate(trial, settings.interval), trial.second.refused
    is_slowed = rate > settings.read_budget
    rate = min(rate, settings.read_budget)
    dollars = Budget(settings.read_budget, settings.price).dollars_per_hour(rate)
    found = f"about {formats.decimal(rate)} RCU/s, {formats.dollars(dollars)}/h (of DynamoDB; logs not counted)"
    data = {"rcu_per_second": round(rate, 2), "usd_per_hour": round(dollars, 6), "is_narrow": refused is None}
    if is_slowed:
        remedy = f"raise --read-budget (it is {settings.read_budget:g} RCU/s) for shorter intervals"
        return warning("cost of our reads", f"{found}, slowed by the read budget", remedy, **data)
    return ok("cost of our reads", found, **data)


def estimate_rate(trial: RefreshTrial, interval: timedelta) -> float:
    """Estimate the RCU per second of a dashboard with a refresh every `interval`.

    Narrow reads cost as much as the second refresh, plus each live row once per renewal. Without narrow reads, each
    refresh reads all live rows.
    """
    if trial.second.refused is not None:
        return trial.first.consumed / interval.total_seconds()
    return trial.second.consumed / interval.total_seconds() + trial.first.consumed / RENEWAL.total_seconds()


def _describe_gaps(trial: RefreshTrial, settings: Settings) -> CheckResult:
    unreadable: tuple[Error, ...] = trial.first.unreadable
    hidden = [f"runs of users other than {settings.user}"] if settings.user else []
    hidden += [f"runs outside the filter {settings.filter.text}"] if settings.filter else []
    left = ", ".join([*hidden, "open rows whose lease expired over a day ago"])
    if unreadable:
        first = redact(describe(unreadable[0]))
        fields = f"{formats.count(len(unreadable), 'unreadable field')}, such as {first}"
        return warning("left out", f"{fields}; {left}", unreadable=len(unreadable))
    return ok("left out", left, unreadable=0)
