"""The Markdown document of an incident."""

import re

from store import Error, ErrorKind
from tests.support.incidents import filled, incident, parsed, text
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, run_id, task_id
from tui.watch.model.cluster import Cluster

HOSTILE = "a\n```\n# owned\n\x1b]0;x\x07 [x](http://evil) <script>"


def outside_fences(text: str) -> str:
    """Return the text of a document outside of its fences."""
    kept, fence = [], ""
    for line in text.split("\n"):
        ticks = re.match("`{3,}", line)
        if fence:
            if line.rstrip() == fence:
                fence = ""
        elif ticks:
            fence = ticks[0]
        else:
            kept.append(line)
    assert not fence, "a fence is left open"
    return "\n".join(kept)


def test_all_that_a_colleague_has_to_know_of_a_run() -> None:
    found = text(incident(filled(), run_id(1)))
    for words in (
        "# Incident: run 01010101, failing",
        "Written 2026-11-01 12:03:41 UTC",
        "Data as of 2026-11-01 12:03:39 UTC, 2s old then.",
        "as JSON: `x.json`",
        f"id        {run_id(1)}",
        "user      amy@example.com",
        "labels    Name=align project=p1",
        "args      --in s3://b/x",
        "lease     2026-11-01 12:05:21 UTC, 1m40s left",
        "started   2026-11-01 11:03:41 UTC",
        "tasks     2/3+ done, 1 flow failed, 1 retried attempt",
        "1 × OOM error in samtools.sort on r5.2xlarge, killed",
        "#### Task 00000000",
        f"id        {task_id(1)}",
        "attempt   2",
        "pool      i-0abc r5.2xlarge i-0abc.example.com, live",
        "earlier   attempt 1: 00000000  retried  2026-11-01 11:59:41 UTC to 2026-11-01 12:01:41 UTC  i-0abc",
        "exec samtools: OOM error: killed",
        f"stderr    {digest('stderr')}",
        "### Stale and lost tasks: 1",
        "lease until 2026-11-01 12:00:41 UTC",
        "critical: failing: samtools.sort: OOM error in 1 flow on r5.2xlarge, killed  (first seen",
    ):
        assert words in found, words
    assert "02020202" not in found
    assert "04040404" not in found


def test_the_commands_to_see_the_same() -> None:
    found = text(incident(filled(), run_id(1)))
    flags = "--table reflow-prod --bucket reflow-logs --region us-west-2"
    run, task = run_id(1), task_id(1)
    for command in (
        f"reflowtop {flags} id:01010101",
        f"reflowtop logs {flags} {run.hex}",
        f'aws dynamodb get-item --region us-west-2 --table-name reflow-prod --key \'{{"ID": {{"S": "{run}"}}}}\'',
        f"reflowtop logs {flags} {task.hex}",
        f"reflowtop inspect {flags} {task.hex}",
        f'aws dynamodb get-item --region us-west-2 --table-name reflow-prod --key \'{{"ID": {{"S": "{task}"}}}}\'',
    ):
        assert f"\n{command}\n" in found


def test_commands_find_an_ended_run() -> None:
    found = text(incident(filled(), run_id(4)))
    assert "--since 2026-11-01T12:01:41Z id:04040404  # the run has ended: `:all` shows it\n" in found
    assert "# Incident: run 04040404, succeeded" in found


def test_several_runs_in_a_list_and_those_that_need_attention_in_full() -> None:
    found = text(incident(filled()))
    assert "# Incident: 3 runs, 1 failing, 1 running, 1 succeeded" in found
    assert f"01010101  failing    {'2/3+':>11} tasks     1 failed  amy@example.com  align project=p1\n" in found
    assert "02020202  running" in found
    assert "## Run 01010101, failing" in found
    assert "## Run 02020202" not in found
    assert "\nreflowtop --table reflow-prod --bucket reflow-logs --region us-west-2\n" in found


def test_counts_of_runs_whose_tasks_were_not_read_are_unknown() -> None:
    cluster = Cluster(NOW)
    cluster.add([make_run(1), make_run(2)])
    found = incident(cluster)
    assert "          - tasks     - failed  amy@example.com" in text(found)
    assert "\ntasks     not read yet\n" in text(incident(cluster, run_id(1)))
    assert {run["flows_failed"] for run in parsed(found)["runs"]} == {None}


def test_read_errors_are_in_the_document() -> None:
    found = text(incident(filled(), as_of=None, trouble=("access denied: \x1b[31mx",)))
    assert "No refresh was complete." in found
    assert "\naccess denied: ␛[31mx\n" in found


def test_untrusted_text_stays_in_fences() -> None:
    cluster = Cluster(NOW)
    error = Error(ErrorKind.OTHER, HOSTILE, (HOSTILE,), HOSTILE)
    alloc = make_alloc(alloc_id=HOSTILE)
    cluster.add(
        [
            make_run(1, labels={HOSTILE: HOSTILE}, args=(HOSTILE,), user=HOSTILE),
            make_task(1, 1, end=ago(seconds=20), err=error, uri=HOSTILE, ident=HOSTILE),
            make_task(2, 1, keepalive=ago(minutes=3), start=ago(minutes=30), ident=HOSTILE),
            alloc,
            make_pool(pool_type=HOSTILE, uri=HOSTILE),
            make_run(2, labels={"Name": HOSTILE}),
        ]
    )
    for found in (text(incident(cluster)), text(incident(cluster, run_id(1)))):
        assert found.replace("\n", "").isprintable()
        live = outside_fences(found)
        assert "owned" not in live
        assert "evil" not in live
        assert "owned" in found


def test_long_lists_are_cut_in_the_document_only() -> None:
    cluster = Cluster(NOW)
    tasks = [make_task(n, 1, end=ago(seconds=n), err=OOM) for n in range(1, 101)]
    cluster.add([make_run(1), *tasks])
    found = text(incident(cluster))
    assert found.count("#### Task") == 50
    assert "### Failed tasks: 100" in found
    assert "\nThe JSON also has 50 more tasks." in found
    assert len(parsed(incident(cluster))["runs"][0]["tasks"]) == 100
