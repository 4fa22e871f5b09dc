"""The page of a handoff."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.costs import host, make_costs, task
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task
from tui.export.handoff.handoff_page import handoff_lines, moment
from tui.export.handoff.shift import Shift, ShiftScope, shift_from_rows
from tui.text import time_zone
from tui.watch.findings.finding_memory import FindingMemory
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row


def shift(*rows: Row, memory: FindingMemory | None = None) -> Shift:
    cluster = Cluster(NOW)
    cluster.add(rows)
    hint = ": `reflowtop prices` sets them"
    scope = ShiftScope(
        since=NOW - timedelta(hours=8), source="Read from the table reflow-prod.", price_hint=hint, memory=memory
    )
    return shift_from_rows(cluster, Findings(cluster).find(), scope, None)


def test_the_page() -> None:
    found = shift(
        make_run(1, labels={"Name": "align"}, start=ago(hours=2)),
        make_task(1, 1, start=ago(minutes=40), end=ago(minutes=30), err=OOM),
        make_run(2, labels={"Name": "qc"}, user="bob@example.com", start=ago(hours=3), end=ago(hours=1)),
    )
    assert (
        "\n".join(handoff_lines(found))
        == """\
# Handoff: 2026-11-01 04:03 UTC to 2026-11-01 12:03 UTC

* Read from the table reflow-prod.
* Findings: 1 new.
* Runs: 1 ended, 0 of them failed; 1 active.
* The cost of failed attempts is unknown because no host has a price: `reflowtop prices` sets them.
* The table does not tell which findings were resolved: a recording does (`reflowtop record`).

## Open findings

```text
new           critical  failing: samtools.sort: OOM error in 1 flow, killed  since 11:33 UTC  run 01010101 of amy
```

## Runs that ended

```text
11:03 UTC  02020202  succeeded  bob  qc  took 2h00m
```

## Runs to watch

```text
01010101  failing    1 failed flow  amy  align  started 2026-11-01 10:03 UTC
```"""
    )


def test_the_runs_of_a_finding_have_owners() -> None:
    times = {"start": ago(minutes=40), "end": ago(minutes=30)}
    found = shift(
        make_run(1),
        make_run(2, user="bob\n```"),
        make_run(3),
        *(make_task(n, n, **times, err=OOM) for n in (1, 2, 3)),
    )
    (line,) = (line for line in handoff_lines(found) if "failing: " in line)
    assert "  runs " in line
    parts = line.rpartition("  runs ")[2].split(", ")
    assert sorted(parts) == ["01010101 03030303 of amy", "02020202 of bob␊```"]


def test_a_finding_names_five_runs_and_counts_the_others() -> None:
    times = {"start": ago(minutes=40), "end": ago(minutes=30)}
    rows = [row for n in range(1, 8) for row in (make_run(n), make_task(n, n, **times, err=OOM))]
    (line,) = (line for line in handoff_lines(shift(*rows)) if "failing: " in line)
    assert line.endswith(" of amy and 2 more")


def test_the_cost_of_runs_on_one_host_counts_no_hosts() -> None:
    """Of two hosts one has a price; two runs used both."""
    failed = [task(4 * run + n, 2, 1, run=run, on=f"i-{n}", err=OOM) for run in (1, 2) for n in (1, 2)]
    costs = make_costs(host("i-1"), host("i-2", pool_type="x9"), make_run(1), make_run(2), *failed)
    scope = ShiftScope(since=NOW - timedelta(hours=8), source="")
    text = "\n".join(handoff_lines(shift_from_rows(costs.cluster, [], scope, costs)))
    assert "* Failed and retried attempts of these runs cost ≤ $0.50 (not all hosts have a price)." in text


def test_runs_with_lost_tasks_are_watched() -> None:
    flow: dict[str, Any] = {"flow_id": digest("flow")}
    lost = [make_task(n, 1, start=ago(hours=1), keepalive=ago(minutes=9)) for n in (1, 2)]
    text = "\n".join(handoff_lines(shift(make_run(1, user="bob"), make_run(2), make_task(3, 1), *lost)))
    assert "\n01010101  running    2 of 3 running tasks stale, lost or on dead hosts  bob  started " in text
    assert "\n02020202" not in text
    on_dead_host = make_task(1, 1), make_alloc(), make_pool(end=ago(minutes=1))
    text = "\n".join(handoff_lines(shift(make_run(1), *on_dead_host)))
    assert "1 of 1 running task stale, lost or on dead hosts" in text
    retried = make_task(1, 1, **flow), make_task(2, 1, attempt=1, alloc_id=digest("a2"), **flow)
    text = "\n".join(handoff_lines(shift(make_run(1), *on_dead_host[1:], *retried)))
    assert "lost host: host i-0abc was terminated" in text
    assert "Every active run is well." in text


def test_findings_have_notes_and_what_was_seen_before() -> None:
    memory = FindingMemory()
    before = Cluster(ago(days=2))
    before.add([make_run(2, end=ago(days=2)), make_task(2, 2, start=ago(days=2), end=ago(days=2), err=OOM)])
    memory.observe(before, Findings(before).find())
    rows: list[Row] = [make_run(1), make_task(1, 1, start=ago(minutes=40), end=ago(minutes=30), err=OOM)]
    (finding,) = shift(*rows).findings
    memory.set_note(finding.finding.id, "raise the memory", ago(days=1))
    text = "\n".join(handoff_lines(shift(*rows, memory=memory)))
    assert "\n    note: raise the memory (1d ago)\n    before: 2d ago in 1 flow of run 02020202, last failed\n" in text


def test_a_quiet_shift_says_so() -> None:
    text = "\n".join(handoff_lines(shift()))
    assert "No finding is open." in text
    assert "No run ended." in text
    assert "Every active run is well." in text


def test_untrusted_text_cannot_leave_its_fence() -> None:
    found = shift(make_run(1, labels={"Name": "```\n# Owned\x1b]52;c;cHdu\x07"}, end=ago(minutes=3)))
    text = "\n".join(handoff_lines(found))
    assert "\n# Owned" not in text
    assert "\x1b" not in text
    assert "````text" in text


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_zone, "_current", time_zone.parse("Europe/Berlin"))


@pytest.mark.usefixtures("berlin")
def test_times_are_in_utc_and_in_the_zone_of_the_user() -> None:
    assert moment(datetime(2026, 11, 29, 17, 5, tzinfo=UTC)) == "2026-11-29 17:05 UTC (18:05 CET)"
