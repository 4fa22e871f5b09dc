"""The features that failures share and that other tasks of their ident lack."""

import random
from collections.abc import Sequence

import msgspec
import pytest

from store import Resources, Task
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task
from tui.watch.explain.shared_features import Comparison, FeatureTable, compare
from tui.watch.explain.task_features import Feature
from tui.watch.model.cluster import Cluster


def cluster_of(tasks: Sequence[Task], hosts: int = 4) -> Cluster:
    """Return a cluster of a run with tasks on hosts `i-0`, `i-1`, ..., each with the alloc `a0`, `a1`, ..."""
    cluster = Cluster(NOW)
    pools = [make_pool(f"i-{number}") for number in range(hosts)]
    cluster.add([make_run(1), *pools, *(make_alloc(f"a{number}", f"i-{number}") for number in range(hosts)), *tasks])
    return cluster


def task(number: int, host: int, *, fails: bool, started: float = 30, took: float = 2, attempt: int = 0) -> Task:
    """Return a task that ended `took` minutes after its start, which was `started` minutes ago."""
    return make_task(
        number,
        1,
        start=ago(minutes=started),
        end=ago(minutes=started - took),
        err=OOM if fails else None,
        alloc_id=digest(f"a{host}"),
        attempt=attempt,
    )


def comparison(tasks: Sequence[Task]) -> Comparison:
    return compare_in(cluster_of(tasks), tasks)


def compare_in(cluster: Cluster, tasks: Sequence[Task]) -> Comparison:
    return compare(cluster, [each for each in tasks if each.err is not None], tasks)


def test_a_bad_host_is_found() -> None:
    failed = [task(number, 0 if number < 11 else 1, fails=True, started=20 + number) for number in range(12)]
    passed = [
        task(100 + number, number % 4 if number < 8 else 1 + number % 3, fails=False, started=20 + number % 13)
        for number in range(51)
    ]
    (host,) = comparison([*failed, *passed]).features
    assert (host.value.feature, host.value.text) == (Feature.HOST, "i-0")
    assert (host.failed, host.all_failed, host.passed, host.all_passed) == (11, 12, 2, 51)
    assert host.p < 0.001


def test_a_value_that_the_same_tasks_have_is_told_beside() -> None:
    tasks = [task(number, number % 2, fails=number % 2 == 0) for number in range(24)]
    cluster = cluster_of(tasks, hosts=2)
    cluster.add([make_pool("i-0", pool_type="m5.large")])
    (host,) = compare_in(cluster, tasks).features
    assert host.value.text == "i-0"
    assert [(value.feature, value.text) for value in host.also] == [(Feature.POOL_TYPE, "m5.large")]


def test_a_value_that_only_the_tested_failures_have_is_not_told_beside() -> None:
    """The last failures are too recent to be tested, but they are among those that are counted."""
    tasks = [task(number, number % 2, fails=number % 2 == 0) for number in range(24)]
    tasks += [task(100 + number, 2, fails=True, started=1, took=0.5) for number in range(2)]
    cluster = cluster_of(tasks, hosts=3)
    cluster.add([make_pool("i-0", pool_type="m5.large"), make_pool("i-2", pool_type="m5.large")])
    (kind,) = compare_in(cluster, tasks).features
    assert (kind.value.feature, kind.failed, kind.all_failed, kind.also) == (Feature.POOL_TYPE, 14, 14, ())


def test_a_value_that_goes_with_the_cause_is_not_told() -> None:
    # Host 0 is bad. It is the only busy one of its type: host 1, of the same type, has run four tasks.
    tasks = [task(number, 0, fails=number < 12) for number in range(14)]
    tasks += [task(100 + number, 1 if number < 4 else 2 + number % 2, fails=False) for number in range(60)]
    cluster = cluster_of(tasks)
    cluster.add([make_pool("i-0", pool_type="m5.large"), make_pool("i-1", pool_type="m5.large")])
    found = compare_in(cluster, tasks).features
    assert [each.value.text for each in found] == ["i-0"]


def test_a_time_of_start_is_found() -> None:
    tasks = [task(number, number % 4, fails=number < 20, started=20 + number, took=1) for number in range(80)]
    (window,) = comparison(tasks).features
    assert window.value.feature is Feature.STARTED
    assert window.value.since == ago(minutes=39)
    assert window.value.before is None
    assert (window.failed, window.passed) == (20, 0)


def test_an_attempt_is_found() -> None:
    tasks = [task(number, number % 4, fails=number % 8 == 0, attempt=int(number % 8 == 0)) for number in range(80)]
    assert [each.value for each in comparison(tasks).features] == [(Feature.ATTEMPT, "2", None, None)]


@pytest.mark.parametrize("names", [{"mem": 16.0}, {"cpu": 4.0, "mem": 1024.0}])
def test_requested_resources_are_found(names: dict[str, float]) -> None:
    plain = [task(number, number % 4, fails=number % 8 == 0) for number in range(80)]
    tasks = [msgspec.structs.replace(each, resources=Resources(names)) if each.err else each for each in plain]
    (found,) = comparison(tasks).features
    assert found.value.feature is Feature.REQUESTED
    assert Resources.from_json(found.value.text) == Resources(names)


def test_failures_that_are_quick_say_nothing_about_new_hosts() -> None:
    """Half of all tasks fail after one minute, the others succeed after ten; host 3 is five minutes old."""
    tasks = []
    for number in range(120):
        started = number / 2
        host = 3 if started < 5 else number % 3
        fails = number % 4 < 2
        took = 1 if fails else 10
        if took <= started:
            tasks.append(task(number, host, fails=fails, started=started, took=took))
        else:
            tasks.append(make_task(number, 1, start=ago(minutes=started), alloc_id=digest(f"a{host}")))
    result = comparison(tasks)
    assert result.has_enough
    assert result.features == ()


def test_slow_failures_say_nothing_about_old_hosts() -> None:
    """Half of all tasks fail after ten minutes: of those that started later, none has failed yet."""
    tasks = []
    for number in range(120):
        started = number / 2
        host = 0 if started > 12 else 1 + number % 3
        if number % 2 == 0 and started >= 10:
            tasks.append(task(number, host, fails=True, started=started, took=10))
        else:
            tasks.append(make_task(number, 1, start=ago(minutes=started), alloc_id=digest(f"a{host}")))
    assert comparison(tasks).features == ()


@pytest.mark.parametrize(("failed", "passed"), [(2, 50), (50, 2), (0, 0)])
def test_too_few_tasks_are_not_enough(failed: int, passed: int) -> None:
    tasks = [task(number, 0, fails=True) for number in range(failed)]
    tasks += [task(100 + number, 1, fails=False) for number in range(passed)]
    result = comparison(tasks)
    assert not result.has_enough
    assert result.features == ()


def test_lost_tasks_have_not_passed() -> None:
    tasks = [task(number, 0, fails=True) for number in range(10)]
    lost = [
        make_task(100 + number, 1, start=ago(minutes=40), keepalive=ago(minutes=20), alloc_id=digest("a1"))
        for number in range(10)
    ]
    assert comparison([*tasks, *lost]).passed == 0


def test_shuffled_labels_share_nothing() -> None:
    """In 10,000 draws of failures by chance, fewer than 1 % are said to share something."""
    rng = random.Random(16)
    tasks = [
        task(number, rng.randrange(4), fails=False, started=10 + rng.random() * 50, attempt=rng.choice((0, 0, 0, 1)))
        for number in range(80)
    ]
    table = FeatureTable(cluster_of(tasks), tasks)
    claims = sum(bool(table.shared(frozenset(rng.sample(range(80), 12)))) for _ in range(10_000))
    assert claims < 100


@pytest.mark.parametrize("failures", [8, 10, 12, 30])
def test_all_failures_are_counted_though_the_slowest_take_no_part_in_the_test(failures: int) -> None:
    failed = [task(n, int(n == 0), fails=True, started=60, took=2 + n / 10) for n in range(failures)]
    passed = [task(100 + n, 1 + n % 3, fails=False, started=60) for n in range(51)]
    (host,) = comparison([*failed, *passed]).features
    assert (host.failed, host.all_failed, host.passed, host.all_passed) == (failures - 1, failures, 0, 51)


def test_tasks_whose_outcome_is_not_known_are_not_counted_as_others() -> None:
    """Failures take two minutes: of tasks that started a minute ago, only those that succeeded have an outcome."""
    tasks = [task(number, number % 2, fails=number % 2 == 0) for number in range(24)]
    tasks.append(task(100, 1, fails=False, started=1, took=0.5))
    tasks += [make_task(200 + n, 1, start=ago(minutes=1), alloc_id=digest("a1")) for n in range(5)]
    (host,) = comparison(tasks).features
    assert (host.failed, host.all_failed, host.passed, host.all_passed) == (12, 12, 0, 13)
