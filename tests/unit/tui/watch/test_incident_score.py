"""The findings about the demo's scenario, scored: every planted incident is found, and nothing else is raised."""

from datetime import datetime, timedelta

import pytest

from store import Digest
from store.lease import LEASE, SKEW
from tests.support.simulated import WINDOW, World, playing
from tui.demo.run_plan import Lifetime, RunPlan
from tui.watch.findings.finding import Finding, FindingKind
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster

STEP = timedelta(seconds=5)
LENGTH = timedelta(minutes=8)
# A simulated writer writes when its time has come, which the steps of the clock divide into 5 s.
PATIENCE = 2 * STEP + STEP

# What went wrong with one run, by row: the time at which it can be known at the latest.
Planted = dict[Digest, datetime]


def failing_flows(plan: RunPlan) -> Planted:
    """Return the last attempts of the flows that fail, and when they end."""
    last: dict[Digest, Digest] = {}
    found: Planted = {}
    for each in plan.tasks:
        last[each.task.flow_id] = each.task.id
        if each.err is not None and each.life.ended:
            found[each.task.id] = each.life.stop
    return {id: end for id, end in found.items() if id in last.values()}


def expired_rows(plan: RunPlan) -> Planted:
    """Return the run and the pools whose writer stops without an end, and when their leases have expired for sure."""
    lives: dict[Digest, Lifetime] = {plan.id: plan.life} | {pool.pool.pool_id.digest: pool.life for pool in plan.pools}
    return {id: life.stop + LEASE + SKEW for id, life in lives.items() if not life.ended}


def allowed(plan: RunPlan) -> dict[FindingKind, set[Digest]]:
    """Return the rows that findings of each kind may be about because of what is planted in a run."""
    rows = {plan.id, *(pool.pool.pool_id.digest for pool in plan.pools)}
    rows |= {alloc.alloc.id for alloc in plan.allocs} | {each.task.id for each in plan.tasks}
    kinds: dict[FindingKind, set[Digest]] = {}
    # A flow whose retry has not begun counts as failed: it is not known whether one will come.
    failed = {Digest(each.task.id) for each in plan.tasks if each.err is not None}
    if failed:
        kinds[FindingKind.FAILING] = failed
    if expired_rows(plan):
        for kind in FindingKind:
            if kind not in (FindingKind.FAILING, FindingKind.RETRIED, FindingKind.SLOW):
                kinds[kind] = rows
    retried = {Digest(each.task.id) for each in plan.tasks if each.task.attempt >= 2}
    if retried:
        kinds[FindingKind.RETRIED] = retried
    return kinds


class Score:
    """Compares the findings of each refresh with what is planted."""

    def __init__(self, world: World) -> None:
        self.plans = world.plans()
        self.allowed = [allowed(plan) for plan in self.plans]
        self.found: dict[Digest, datetime] = {}
        self.false_alarms: dict[str, Finding] = {}

    def add(self, findings: list[Finding], now: datetime) -> None:
        for finding in findings:
            ids = {row.id for row in finding.rows}
            for id in ids:
                self.found.setdefault(id, now)
            if not any(ids & kinds.get(finding.kind, set()) for kinds in self.allowed):
                self.false_alarms[finding.cause] = finding

    def late(self, since: datetime, until: datetime) -> list[str]:
        """Return the incidents between two times that were found late, or not at all."""
        late = []
        for plan in self.plans:
            planted = failing_flows(plan) | {
                id: end for id, end in expired_rows(plan).items() if self.has_work(plan, id)
            }
            for id, end in planted.items():
                if since < end < until - PATIENCE and self.found.get(id, until) > end + PATIENCE:
                    late.append(f"{plan.workflow.name} {id.short} at {end}: found {self.found.get(id)}")
        return late

    @staticmethod
    def has_work(plan: RunPlan, id: Digest) -> bool:
        """Whether the loss of a row is an incident: a host that has nothing to do may go."""
        return id == plan.id or any(not each.life.ended for each in plan.tasks)


@pytest.mark.slow
async def test_every_planted_incident_is_found_and_nothing_else() -> None:
    async with playing() as world:
        cluster, began = Cluster(world.clock.now()), world.clock.now()
        findings, score = Findings(cluster), Score(world)
        while world.clock.now() < began + LENGTH:
            cluster.merge_snapshot(await world.db.active(world.clock.now() - WINDOW), world.clock.now() - WINDOW)
            score.add(findings.find(), cluster.as_of)
            await world.clock.advance(STEP.total_seconds())
        end = world.clock.now()
    assert score.late(began, end) == []
    assert [f"{each.kind}: {each.reason}" for each in score.false_alarms.values()] == []
    planted = [when for plan in score.plans for when in (failing_flows(plan) | expired_rows(plan)).values()]
    assert sum(began < when < end - PATIENCE for when in planted) >= 4
