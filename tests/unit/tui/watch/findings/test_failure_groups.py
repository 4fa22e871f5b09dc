"""Groups of failures with one cause."""

from typing import Any

import pytest

from store import Error, ErrorKind, Task
from tests.support.findings import find
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, run_id
from tui.watch.findings.failure_groups import failure_groups, normalize_message
from tui.watch.findings.finding import FindingKind, Severity
from tui.watch.model.cluster import Cluster


@pytest.mark.parametrize(
    ("one", "other", "sort"),
    [
        ("exit status 137", "exit status 1", "exit status #"),
        ("no space on /mnt/data/reflow", "no space on /scratch/x.y/z/", "no space on <path>"),
        ("open s3://a/b: 403", "open https://c.example.com/d?e=f: 404", "open <url> #"),
        (
            "dial 10.0.0.1:9000: refused",
            "dial ip-10-1-2-3.us-west-2.compute.internal:9000: refused",
            "dial <host>: refused",
        ),
        ("lost ec2-1-2-3-4.us-west-2.compute.amazonaws.com", "lost node7.example.org:80", "lost <host>"),
        ("instance i-0123456789abcdef0 died", "instance i-0fedcba987654321 died", "instance <id> died"),
        (
            "flow 77aa01ff21 of sha256:00ffeedd",
            "flow deadbeef42 of 123e4567-e89b-12d3-a456-426614174000",
            "flow <id> of <id>",
        ),
        ("took 1.5\n  s", "took 22 s", "took # s"),
        ("a/b is no path, nor is 1/2", "a/b is no path, nor is 3/4", "a/b is no path, nor is #/#"),
    ],
)
def test_messages_of_a_sort(one: str, other: str, sort: str) -> None:
    assert normalize_message(one) == sort
    assert normalize_message(other) == sort


def test_long_messages_are_cut() -> None:
    assert len(normalize_message("x " * 1000)) == 80


def failed(number: int, message: str = "killed", **fields: Any) -> Task:
    values = {"end": ago(minutes=number), "start": ago(minutes=9), **fields}
    return make_task(number, 1, err=Error(ErrorKind.OOM, "exec", (), message), **values)


def test_one_error_on_two_types_of_pool_is_one_finding() -> None:
    allocs = [make_alloc("a1", "i-1"), make_alloc("a2", "i-2")]
    pools = [make_pool("i-1"), make_pool("i-2", pool_type="c5.large")]
    tasks = [failed(1), failed(2, alloc_id=digest("a2")), failed(3, alloc_id=digest("a2"))]
    (finding,) = find(make_run(1), *allocs, *pools, *tasks)
    assert finding.reason == "samtools.sort: OOM error in 3 flows on 2 host types, killed"
    cluster = Cluster(NOW)
    cluster.add([make_run(1), *allocs, *pools, *tasks])
    (group,) = failure_groups(cluster, run_id(1))
    assert group.pool_types == (("c5.large", 2), ("r5.2xlarge", 1))


def test_a_kind_of_error_is_shown_as_a_noun_and_keeps_its_identity() -> None:
    task = make_task(1, 1, err=Error(ErrorKind.TEMPORARY, "exec"), start=ago(minutes=9), end=ago(minutes=1))
    (finding,) = find(make_run(1), task)
    assert finding.reason.startswith("samtools.sort: temporary error in 1 flow")
    assert finding.cause.startswith("failing:samtools.sort:temporary:")


def test_failures_are_grouped_and_the_largest_group_comes_first() -> None:
    allocs = [make_alloc("a1", "i-1"), make_alloc("a2", "i-2")]
    pools = [make_pool("i-1"), make_pool("i-2", pool_type="c5.large")]
    tasks = [
        failed(3, "killed at 3"),
        failed(2, "killed at 2"),
        failed(1, alloc_id=digest("a2")),
        failed(4, ident="bwa"),
    ]
    findings = [
        finding for finding in find(make_run(1), *allocs, *pools, *tasks) if finding.kind is FindingKind.FAILING
    ]
    assert [(finding.reason, finding.first, finding.last) for finding in findings] == [
        (
            "samtools.sort: OOM error in 2 flows on r5.2xlarge, killed at #",
            ago(minutes=3),
            ago(minutes=2),
        ),
        ("samtools.sort: OOM error in 1 flow on c5.large, killed", ago(minutes=1), ago(minutes=1)),
        ("bwa: OOM error in 1 flow on r5.2xlarge, killed", ago(minutes=4), ago(minutes=4)),
    ]
    assert [finding.rows for finding in findings] == [(tasks[1], tasks[0]), (tasks[2],), (tasks[3],)]
    assert {finding.severity for finding in findings} == {Severity.CRITICAL}


def test_a_retried_failure_is_no_finding() -> None:
    first = failed(1, flow_id=digest("f"))
    assert find(make_run(1), first, make_task(2, 1, flow_id=digest("f"), attempt=1)) == []


def test_the_groups_of_a_run_largest_first() -> None:
    cluster = Cluster(NOW)
    other = make_task(9, 1, end=NOW, err=Error(cause="no kind 1"))
    cluster.add([make_run(1), failed(1), failed(2), other, make_task(8, 2, end=NOW, err=OOM)])
    groups = failure_groups(cluster, run_id(1))
    assert [(group.count, group.error, group.message, group.pool_types) for group in groups] == [
        (2, "OOM error", "killed", ()),
        (1, "no kind #", "no kind #", ()),
    ]


def test_secrets_are_masked_before_digits_become_stand_ins() -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    assert normalize_message(f"AWS_SECRET={secret} failed") == "AWS_SECRET=[redacted] failed"
    assert normalize_message(f"got {secret} 7 times") == "got [redacted] # times"
    assert normalize_message(f"{'x ' * 150}{secret}") == ("x " * 150)[:80]
