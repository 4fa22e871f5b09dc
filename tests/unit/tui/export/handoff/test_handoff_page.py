"""The page of a handoff."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.rows import NOW, OOM, ago, make_run, make_task
from tui.export.handoff.handoff_page import handoff_lines, moment
from tui.export.handoff.shift import Shift, ShiftScope, shift_from_rows
from tui.text import time_zone
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row


def shift(*rows: Row) -> Shift:
    cluster = Cluster(NOW)
    cluster.add(rows)
    scope = ShiftScope(since=NOW - timedelta(hours=8), source="Read from the table reflow-prod.")
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
* The table does not tell which findings were resolved: a recording does (`reflowtop record`).

## Open findings

```text
new           critical  failing: 1 flow failed: OOM error in samtools.sort, killed  since 11:33 UTC  runs 01010101
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
