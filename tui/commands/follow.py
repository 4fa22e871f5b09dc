"""Feeds for pagers and chat bots: a line for each change of a finding or of a run, until a signal ends the command."""

import asyncio
import signal
from collections.abc import Callable
from datetime import datetime, timedelta

from store import RunID, TaskDB
from store.times import Clock, format_time, utc_now
from tui.commands.cluster_read import ClusterRead
from tui.commands.failures import find_failures
from tui.commands.listing import ListPlan
from tui.commands.outages import OutageReporter
from tui.commands.stop_signals import run_until, stop_on
from tui.commands.watched_runs import change_json, change_line
from tui.connect import open_for_command
from tui.exit_status import ExitCode
from tui.export.formats.output_formats import OutputFormat
from tui.lists import findings as finding_list
from tui.lists import runs as run_list
from tui.lists.watchlist import Watchlist
from tui.query.filter import Filter
from tui.settings import Settings
from tui.terminal import narration, output
from tui.text import time_zone
from tui.text.json_text import json_text
from tui.text.redaction import redact
from tui.text.safe import safe
from tui.text.safe_text import SafeText
from tui.watch.findings.finding import Finding
from tui.watch.findings.finding_feed import FindingEvent, FindingFeed
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.polling.backfill import Sleep
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import Poller

Handler = Callable[[Poller, datetime], None]
_PATIENCE = timedelta(seconds=30)


def run(settings: Settings, handle: Handler) -> ExitCode:
    """Call `handle` after each refresh of the table, until ctrl-C or SIGTERM. Raises Error if it cannot be opened."""

    async def open_and_follow() -> ExitCode:
        stop = stop_on(signal.SIGINT, signal.SIGTERM)
        async with open_for_command(settings) as db:
            return await follow(db, settings, handle, stop)

    return asyncio.run(open_and_follow())


async def follow(
    db: TaskDB,
    settings: Settings,
    handle: Handler,
    stop: asyncio.Event,
    *,
    clock: Clock = utc_now,
    sleep: Sleep = asyncio.sleep,
) -> ExitCode:
    """Poll `db` as the dashboard does and call `handle` with the poller and the time, until `stop` is set.

    Reports the start and the end of an outage on stderr. `handle` may open runs.
    """
    outages, handled = OutageReporter(), 0

    def notify(_: Changes) -> None:
        nonlocal handled
        status = poller.status
        outages.report(status.error)
        if status.error is None and status.as_of is not None and status.refreshes != handled:
            handled = status.refreshes
            handle(poller, clock())

    poller = Poller(
        Cluster(clock()),
        settings.since.at,
        Budget(settings.read_budget, settings.price),
        interval=settings.interval,
        keep_ended=settings.keep_failed,
        clock=clock,
        sleep=sleep,
        notify=notify,
    )
    await run_until(poller.run(db), stop.wait())
    return ExitCode.INTERRUPTED


class FailureFeed:
    """Prints a line for each finding that appears, grows or is resolved.

    Reports a finding once all tasks of its runs have been read, or cannot be read: the window has only recent failures.
    The first findings wait up to half a minute for the backfill to find the runs that failed within the last hour.
    """

    def __init__(self, plan: ListPlan[Finding]) -> None:
        self._plan = plan
        self._feed = FindingFeed()
        self._began: datetime | None = None  # the time of the first refresh
        self._opened: set[RunID] = set()  # to read their tasks at once
        self._as_json = plan.options.output is OutputFormat.NDJSON

    def __call__(self, poller: Poller, now: datetime) -> None:
        """Print the changes of a refresh."""
        cluster = poller.cluster
        read = ClusterRead(cluster=cluster, settings=self._plan.settings, now=now, ended=True)
        matches = self._plan.filter.matcher(finding_list.fields(cluster, now))
        unread: set[RunID] = set()
        self._began = self._began or now
        is_waiting = now - self._began < _PATIENCE and not self._has_failed_runs(poller)

        def is_read(finding: Finding) -> bool:
            ids = finding_list.run_ids(finding)
            missing = {id for id in ids if not cluster.has_all_tasks(id) and id not in poller.history_errors}
            unread.update(missing)
            return not (missing or is_waiting)

        for event in self._feed.compare(filter(matches, find_failures(read, poller.findings)), is_read):
            _print(event_json(cluster, event, now) if self._as_json else event_line(cluster, event, now))
        for run_id in unread - self._opened:
            poller.open_run(run_id)
        for run_id in self._opened - unread:
            poller.close_run(run_id)
        self._opened = unread

    def _has_failed_runs(self, poller: Poller) -> bool:
        """Return whether the runs that failed recently are read, or cannot be."""
        backfill, kept_since = poller.status.backfill, poller.cluster.as_of - self._plan.settings.keep_failed
        if poller.status.background_error is not None:
            return True
        is_found = backfill is not None and (backfill.reached <= kept_since or backfill.share >= 1)
        return is_found and all(poller.cluster.has_all_tasks(run.id) for run in poller.cluster.runs)


class RunFeed:
    """Prints a line for each change in the state of any run of the chosen user that matches a filter.

    Skips runs that ended before the first refresh. Reports a run once all of its tasks have been read.
    """

    def __init__(self, settings: Settings, selected: Filter, *, as_json: bool) -> None:
        self._settings = settings
        self._filter = selected
        self._as_json = as_json
        self.watched = Watchlist()
        """The matching runs of the cluster."""
        self._ended: dict[RunID, datetime | None] = {}  # the ends of runs whose end was reported
        self._began: datetime | None = None  # the time of the first refresh

    def __call__(self, poller: Poller, now: datetime) -> None:
        """Print the changes of a refresh."""
        cluster, user = poller.cluster, self._settings.user
        is_first, self._began = self._began is None, self._began or now
        matches = self._filter.matcher(run_list.fields(cluster, now))
        self._forget_ended(cluster)
        for run in cluster.runs:
            if run.id in self.watched or (user is not None and not run_list.is_of(run, user)):
                continue
            if not matches(run_list.row(cluster, run)):
                continue
            if run.end is not None and run.end <= self._began:  # the backfill brings some later
                self.watched.add(run.id, cluster.run_state(run.id))
                self._ended[run.id] = run.end
                continue
            self.watched.add(run.id)
            poller.open_run(run.id)
        if is_first and not self.watched:
            narration.note("no run matches yet")

        began = self._began

        def is_known(run_id: RunID) -> bool:
            end = self._ended.get(run_id)  # what is read later of a run that had ended is no change
            return cluster.has_all_tasks(run_id) and (end is None or end > began)

        for news in self.watched.news(cluster, is_known):
            _print(change_json(news, now) if self._as_json else change_line(news, now))
            if news.after.has_ended:
                self._ended[news.row.run.id] = news.row.run.end
                poller.close_run(news.row.run.id)

    def _forget_ended(self, cluster: Cluster) -> None:
        """Forget the reported runs that the cluster has forgotten, to bound memory: the command may run for months.

        If a run reappears that ended no later than one of these, it counts as reported.
        """
        for id in [id for id in self._ended if cluster.run(id) is None]:
            self.watched.discard(id)
            end = self._ended.pop(id)
            if self._began is not None and end is not None:
                self._began = max(self._began, end)


def event_line(cluster: Cluster, event: FindingEvent, now: datetime) -> SafeText:
    """Return a change as a line of text: time, change, severity, reason, runs and users."""
    finding = event.finding
    time = time_zone.localize(now).isoformat(timespec="seconds").replace("+00:00", "Z")
    runs = ",".join(run_id.short for run_id in finding_list.run_ids(finding))
    users = ",".join(finding_list.users(cluster, finding))
    severity = finding.severity.name.lower()
    return safe(
        "  ".join(filter(None, (time, f"{event.change:<8}", f"{severity:<8}", redact(finding.reason), runs, users)))
    )


def event_json(cluster: Cluster, event: FindingEvent, now: datetime) -> SafeText:
    """Return a change as a JSON object in one line; `reflowtop help failures` describes its keys."""
    finding = event.finding
    return json_text(
        {
            "time": format_time(now),
            "event": event.change,
            "id": finding.id,
            "kind": finding.kind,
            "severity": finding.severity.name.lower(),
            "reason": finding.reason,
            "count": finding.count,
            "count_before": event.before,
            "first": None if finding.first is None else format_time(finding.first),
            "last": None if finding.last is None else format_time(finding.last),
            "run_ids": [str(run_id) for run_id in finding_list.run_ids(finding)],
            "users": finding_list.users(cluster, finding),
        }
    )


def _print(line: SafeText) -> None:
    narration.erase()
    output.print_line(line)
