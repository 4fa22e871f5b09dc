"""`reflowtop export`: serve metrics of the cluster to Prometheus."""

import asyncio
import contextlib
import signal
from collections.abc import Sequence

from prometheus_client.core import Metric

from store import TaskDB
from store.times import Clock, utc_now
from tui.commands.outages import OutageReporter
from tui.commands.stop_signals import run_until, stop_on
from tui.commands.version import installed_version
from tui.connect import open_for_command
from tui.cost.costs import Costs
from tui.cost.prices import PriceBookCache
from tui.exit_status import ExitCode, print_stderr
from tui.metrics.cluster_metrics import ClusterMetrics
from tui.metrics.metrics_server import Address, serving
from tui.metrics.read_metrics import ReadMetrics
from tui.settings import Settings
from tui.terminal import narration
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.polling.backfill import Sleep
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import Poller


def run(settings: Settings, address: Address) -> ExitCode:
    """Serve metrics of the table of `settings` at `address` until ctrl-C or SIGTERM, which count as success.

    Reads that fail are reported on stderr and retried. Return FAILED if the address cannot be used.
    """

    async def open_and_export() -> ExitCode:
        stop = stop_on(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        async with open_for_command(settings) as db:
            return await export(db, settings, address, stop)

    return asyncio.run(open_and_export())


async def export(
    db: TaskDB,
    settings: Settings,
    address: Address,
    stop: asyncio.Event,
    *,
    clock: Clock = utc_now,
    sleep: Sleep = asyncio.sleep,
) -> ExitCode:
    """Do what `run` does, on an open TaskDB, until `stop` is set."""
    exporter = Exporter(settings, clock, sleep)
    async with contextlib.AsyncExitStack() as stack:
        try:
            served = await stack.enter_async_context(serving(address, exporter.collect))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            print_stderr(f"cannot listen on {address}: {reason}; choose another address with --listen")
            return ExitCode.FAILED
        narration.note(f"serving metrics of {settings.table} at http://{served}/metrics; press ctrl-C to stop")
        if not address.is_loopback:
            narration.note(f"{address.host} is not loopback: others can read the metrics, which name users and idents")
        await run_until(exporter.poller.run(db), stop.wait())
    return ExitCode.OK


class Exporter:
    """A poller and the metrics of its cluster, which keep their last values while reads fail."""

    def __init__(self, settings: Settings, clock: Clock = utc_now, sleep: Sleep = asyncio.sleep) -> None:
        self._clock = clock
        self._cluster = Cluster(clock())
        self._books = PriceBookCache(settings)
        self._costs: Costs | None = None
        self._cluster_metrics = ClusterMetrics(self._cluster)
        self._read_metrics = ReadMetrics(installed_version())
        self._made: Sequence[Metric] | None = ()
        self._outages = OutageReporter()
        self.poller = Poller(
            self._cluster,
            settings.since.at,
            Budget(settings.read_budget, settings.price),
            interval=settings.interval,
            clock=clock,
            sleep=sleep,
            notify=self._handle_changes,
        )

    def collect(self) -> Sequence[Metric]:
        """Return all metrics, without any read. Those of the cluster are computed only after it has changed."""
        if self._made is None:
            self._made = list(self._cluster_metrics.collect(self.poller.findings, self._current_costs()))
        now = self._clock()
        return [*self._made, *self._read_metrics.collect(now, self.poller.budget.rate(now))]

    def _current_costs(self) -> Costs | None:
        book = self._books.current()
        if not book:
            return None
        if self._costs is None or self._costs.book is not book:
            self._costs = Costs(self._cluster, book)
        return self._costs

    def _handle_changes(self, _: Changes) -> None:
        status = self.poller.status
        self._read_metrics.update(status)
        if status.as_of is not None:  # until then nothing is known, which is not 0
            self._made = None
        self._outages.report(status.error)
