"""Costs in sentences, for descriptions and previews. Not yet safe to show."""

from collections.abc import Iterator

from store import PoolRow, RunID, Task
from tui.cost.amount import Amount, AmountKind, text
from tui.cost.costs import Costs
from tui.cost.spent import Spent
from tui.text import durations, formats

Field = tuple[str, str]

PENDING = "being worked out …"


def sentence(costs: Costs, spent: Spent) -> str:
    """Return an amount with its price sources: `≤ $12.40 EC2 on-demand (…); disks, S3 and transfer …`."""
    if spent.is_pending:
        return PENDING
    joint = " " if spent.amount.is_known else ": "
    return f"{text(spent.amount)}{joint}{costs.label(spent) if spent.amount.pools else 'no task has run on a host'}"


def run_fields(costs: Costs, run_id: RunID) -> Iterator[Field]:
    """Yield the cost of a run: so far, per hour, of failed and retried attempts, and on each type of host."""
    found = costs.describe_run(run_id)
    spent = found.spent
    yield "so far", sentence(costs, spent)
    if not spent.amount.pools:
        return
    if not found.is_whole:
        yield "", "tasks that were not read are not counted"
    if spent.per_hour.pools:
        yield "per hour", f"{text(spent.per_hour, per_hour=True)} for the running tasks"
    yield from _part("failed", found.failed, "in failed flows")
    yield from _part("retried", found.retried, "in attempts that were retried")
    for name, each in found.types.items():
        yield name or "unknown type", f"{text(each.amount)} on {formats.count(each.amount.pools, 'host')}"


def pool_fields(costs: Costs, pool: PoolRow) -> Iterator[Field]:
    """Yield the cost of a pool: so far, per hour, of tasks, of idle time, and if it is still up."""
    found = costs.pool(pool)
    yield "so far", sentence(costs, found.spent)
    if not found.spent.amount.is_known:
        return
    if found.if_still_up is not None:
        yield "", f"if still up: {text(found.if_still_up)}"
    if found.spent.per_hour.pools:
        yield "per hour", text(found.spent.per_hour, per_hour=True)
    yield "tasks", text(found.tasks)
    yield "idle", text(found.idle)
    since = costs.cluster.covered_since
    when = "" if since is None else f" before {durations.clock(since, costs.cluster.as_of)}"
    yield from _part("not read", found.unread, f"idle, or by tasks that ended{when}")


def run_line(costs: Costs, run_id: RunID) -> str:
    """Return the cost of a run in one line: so far, per hour, and of failed and retried attempts."""
    found = costs.describe_run(run_id)
    spent = found.spent
    if not spent.amount.pools or spent.is_pending:
        return ""
    parts = [f"cost {text(spent.amount)}{'' if found.is_whole else ' of the tasks read'}"]
    if spent.per_hour.pools:
        parts.append(text(spent.per_hour, per_hour=True))
    parts += [f"{name} {text(amount)}" for name, amount in _failures(found.failed, found.retried)]
    return ", ".join(parts)


def pool_line(costs: Costs, pool: PoolRow) -> str:
    """Return the cost of a pool in one line: so far, per hour, and of idle time."""
    found = costs.pool(pool)
    if not found.spent.amount.is_known:
        return ""
    parts = [f"cost {text(found.spent.amount)}"]
    if found.if_still_up is not None:
        parts.append(f"if still up {text(found.if_still_up)}")
    if found.spent.per_hour.pools:
        parts.append(text(found.spent.per_hour, per_hour=True))
    return ", ".join([*parts, f"idle {text(found.idle)}"])


def task_line(costs: Costs, task: Task) -> str:
    """Return the cost of a task with its source."""
    return sentence(costs, costs.task(task))


def cluster_line(costs: Costs) -> str:
    """Return the cost per hour of all hosts that are up, and the cost of all pools so far, with its idle part."""
    hourly, pools = costs.hourly(), costs.pools(costs.cluster.pools)
    spent = Spent(hourly.amount, hourly.per_hour, hourly.prices | pools.spent.prices)
    texts = [f"hosts {text(hourly.amount, per_hour=True)}", f"since they started {text(pools.spent.amount)}"]
    if pools.idle.is_known:
        texts.append(f"idle {text(pools.idle)}")
    return f"{', '.join(texts)}: {costs.label(spent)}"


def hourly_text(costs: Costs) -> str:
    """Return the cost per hour of all hosts that are up: `≤ $41.20/h`; empty if there is none or it is unknown."""
    amount = costs.hourly().amount
    return text(amount, per_hour=True) if amount.pools and amount.is_known else ""


def _failures(failed: Amount, retried: Amount) -> Iterator[tuple[str, Amount]]:
    for name, amount in (("failed", failed), ("retried", retried)):
        if amount.pools and amount.kind is not AmountKind.UNKNOWN:
            yield name, amount


def _part(name: str, amount: Amount, where: str) -> Iterator[Field]:
    if amount.pools and amount.is_known and amount.usd:
        yield name, f"{text(amount)} {where}"
