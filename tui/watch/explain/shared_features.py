"""Features that failures share, and that tasks of the same ident that passed lack."""

import math
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

import msgspec

from store import Task
from tui.watch.explain.exact_test import count_tests, excess_p_value, least_p_value
from tui.watch.explain.task_features import Value, has_value, tasks_by_value
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import is_expired

# The chance that anything is claimed of failures that share nothing.
_LEVEL = 0.005
# Fewer failures or fewer other tasks than these prove nothing at that level, whatever they share.
_LEAST = 3
_MOST_FEATURES = 3
# The part of the failures whose time to fail decides how long a task must have run to count as one that passed.
_SLOWEST = 0.9


class SharedFeature(msgspec.Struct, frozen=True):
    """A value of a feature that most failures have and few other tasks: the numbers are tasks.

    `p` is the probability that chance gives such numbers, corrected for the number of features tested. `also` are
    values that exactly the same tasks have: it is unknown which of them is the cause.
    """

    value: Value
    failed: int
    all_failed: int
    passed: int
    all_passed: int
    p: float
    also: tuple[Value, ...] = ()


class Comparison(msgspec.Struct, frozen=True):
    """The result of a comparison: the features found, the strongest first, and the numbers of tasks compared.

    `all_failed` is the number of all failures. Those that took long or are recent are not compared.
    """

    features: tuple[SharedFeature, ...] = ()
    failed: int = 0
    passed: int = 0
    all_failed: int = 0

    @property
    def has_enough(self) -> bool:
        """Whether there were enough tasks to find anything."""
        return self.failed >= _LEAST and self.passed >= _LEAST


def compare(cluster: Cluster, failed: Collection[Task], others: Iterable[Task]) -> Comparison:
    """Compare failed tasks with those of `others`, tasks of the same ident, that passed.

    A task has passed if it succeeded, or has run for longer than failures take. Tasks that started too recently to
    have failed take no part in the test, and neither do failures among them: if tasks fail after one minute and succeed
    after ten, then all that have ended of those that started two minutes ago are failures, on whatever host.
    The numbers of a feature that is found are those of all failures.
    """
    span = _time_to_fail(failed)
    latest = cluster.as_of - span
    passed = [task for task in others if task.err is None and _is_alive(cluster, task)]
    sample = [task for task in failed if _took(task) <= span and _started_by(task, latest)]
    found = compare_tasks(cluster, sample, [task for task in passed if _started_by(task, latest)])
    # What the sample shows is told of all failures, and of all others whose outcome is known.
    passed = [task for task in passed if task.end is not None or _started_by(task, latest)]
    features = [_recount(cluster, shared, failed, passed) for shared in found.features]
    return msgspec.structs.replace(found, features=tuple(features), all_failed=len(failed))


def compare_tasks(cluster: Cluster, failed: Sequence[Task], passed: Sequence[Task]) -> Comparison:
    """Compare tasks whose outcome is known."""
    result = Comparison(failed=len(failed), passed=len(passed), all_failed=len(failed))
    if not result.has_enough:
        return result
    table = FeatureTable(cluster, [*failed, *passed])
    return msgspec.structs.replace(result, features=table.shared(frozenset(range(len(failed)))))


class FeatureTable:
    """The features of tasks, to be compared with which of them failed."""

    def __init__(self, cluster: Cluster, tasks: Sequence[Task]) -> None:
        self._all = frozenset(range(len(tasks)))
        self._values: dict[frozenset[int], list[Value]] = {}
        for value, having in tasks_by_value(cluster, tasks).items():
            self._values.setdefault(having, []).append(value)  # the more useful to know first

    def shared(self, failed: frozenset[int]) -> tuple[SharedFeature, ...]:
        """Return the features that the tasks with the indexes `failed` share, the strongest first."""
        sizes = map(len, self._values)
        least = (least_p_value(failed=len(failed), having=size, total=len(self._all)) for size in sizes)
        tests = count_tests(least, _LEVEL)
        p_values = {having: _p_value(failed, having, self._all) * tests for having in self._values}
        kept: list[frozenset[int]] = []
        for having in sorted((each for each, p in p_values.items() if p <= _LEVEL), key=lambda each: p_values[each]):
            if len(kept) < _MOST_FEATURES and not any(self._is_explained(failed, having, known) for known in kept):
                kept.append(having)
        return tuple(self._feature(failed, having, p_values[having]) for having in kept)

    def _is_explained(self, failed: frozenset[int], having: frozenset[int], known: frozenset[int]) -> bool:
        """Whether failures only seem to share a feature because another one goes with it.

        Then it tells nothing about the tasks that have the other one, nor about those that lack it.
        """
        return all(_p_value(failed, having, part) > _LEVEL for part in (known, self._all - known))

    def _feature(self, failed: frozenset[int], having: frozenset[int], p: float) -> SharedFeature:
        value, *also = self._values[having]
        return SharedFeature(
            value=value,
            failed=len(failed & having),
            all_failed=len(failed),
            passed=len(having - failed),
            all_passed=len(self._all - failed),
            p=p,
            also=tuple(also),
        )


def _p_value(failed: frozenset[int], having: frozenset[int], tasks: frozenset[int]) -> float:
    """The probability that chance gives so many of the failures among `tasks` this feature."""
    failed, having = failed & tasks, having & tasks
    return _excess(len(failed & having), len(failed), len(having), len(tasks))


@lru_cache(maxsize=4096)
def _excess(failed_with: int, failed: int, having: int, total: int) -> float:
    return excess_p_value(failed_with=failed_with, failed=failed, having=having, total=total)


def _started_by(task: Task, time: datetime) -> bool:
    return task.start is not None and task.start <= time


def _recount(
    cluster: Cluster, shared: SharedFeature, failed: Collection[Task], passed: Collection[Task]
) -> SharedFeature:
    """Return a feature with the numbers of all tasks in place of those of the sample that was tested.

    Of values that the same tasks of the sample have, the one that most failures have is told, and beside it those that
    the same of all tasks have.
    """
    having = {
        value: (
            frozenset(task.id for task in failed if has_value(cluster, task, value)),
            frozenset(task.id for task in passed if has_value(cluster, task, value)),
        )
        for value in (shared.value, *shared.also)
    }
    told = max(having, key=lambda value: len(having[value][0]))
    with_failures, with_others = having[told]
    return msgspec.structs.replace(
        shared,
        value=told,
        failed=len(with_failures),
        all_failed=len(failed),
        passed=len(with_others),
        all_passed=len(passed),
        also=tuple(value for value in having if value != told and having[value] == having[told]),
    )


def _is_alive(cluster: Cluster, task: Task) -> bool:
    """Whether the outcome of a task without an error is good so far: a stale task may have failed."""
    return task.end is not None or not is_expired(cluster.liveness(task))


def _time_to_fail(failed: Collection[Task]) -> timedelta:
    """The time within which most of the tasks failed."""
    times = sorted(_took(task) for task in failed)
    return times[math.ceil(_SLOWEST * len(times)) - 1] if times else timedelta()


def _took(task: Task) -> timedelta:
    return task.end - task.start if task.end is not None and task.start is not None else timedelta()
