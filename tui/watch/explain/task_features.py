"""The features of tasks that may explain why some of them failed: host, image, attempt, time of start, and so on."""

import enum
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from store import Task
from tui.watch.model.cluster import Cluster

# Into how many parts of as many tasks the time of start is divided. Eight parts make 35 windows to test.
_PARTS = 8


class Feature(enum.StrEnum):
    """A feature of a task. Of two that say the same, the one that comes first here is the more useful to know."""

    HOST = "host"
    RUN = "run"
    IMAGE = "image"
    VERSION = "cluster version"
    POOL_TYPE = "pool type"
    REQUESTED = "requested"
    ATTEMPT = "attempt"
    STARTED = "started"


class Value(NamedTuple):
    """A value of a feature: a text, which is not yet safe to show, or for the time of start a window.

    The window is from `since` until before `before`; None for an open end.
    """

    feature: Feature
    text: str = ""
    since: datetime | None = None
    before: datetime | None = None


def values_of(cluster: Cluster, task: Task) -> Iterator[Value]:
    """Yield the known features of a task with their values, all but the time of its start."""
    if (pool := cluster.pool_of(task)) is not None:
        yield Value(Feature.HOST, str(pool.pool_id))
        if pool.pool_type:
            yield Value(Feature.POOL_TYPE, pool.pool_type)
        if pool.cluster.reflow_version:
            yield Value(Feature.VERSION, pool.cluster.reflow_version)
    if task.run_id:
        yield Value(Feature.RUN, task.run_id.short)
    if task.img_cmd_id:
        yield Value(Feature.IMAGE, task.img_cmd_id.short)
    if any(task.resources.values()):
        yield Value(Feature.REQUESTED, task.resources.to_json())
    yield Value(Feature.ATTEMPT, str(task.attempt + 1))


def has_value(cluster: Cluster, task: Task, value: Value) -> bool:
    """Return whether a task has a value, or started in its window."""
    if value.feature is not Feature.STARTED:
        # Stop at the feature: those after it, such as the resources as JSON, are not needed.
        return value == next((each for each in values_of(cluster, task) if each.feature is value.feature), None)
    start = task.start
    return start is not None and not (
        (value.since is not None and start < value.since) or (value.before is not None and start >= value.before)
    )


def tasks_by_value(cluster: Cluster, tasks: Sequence[Task]) -> dict[Value, frozenset[int]]:
    """Return the indexes of the tasks that have each value. Which of them failed plays no part."""
    found: defaultdict[Value, set[int]] = defaultdict(set)
    for index, task in enumerate(tasks):
        for value in values_of(cluster, task):
            found[value].add(index)
    by_value = {value: frozenset(indexes) for value, indexes in found.items()}
    return by_value | dict(_windows(tasks))


def _windows(tasks: Sequence[Task]) -> Iterator[tuple[Value, frozenset[int]]]:
    """Yield windows of the time of start, each with its tasks: all that begin and end between two of eight parts."""
    started = sorted((task.start, index) for index, task in enumerate(tasks) if task.start is not None)
    cuts: list[datetime] = []
    for part in range(_PARTS):
        if started and (cut := started[part * len(started) // _PARTS][0]) not in cuts:
            cuts.append(cut)
    bounds: list[datetime | None] = [*cuts, None]
    for first, since in enumerate(cuts):
        for before in bounds[first + 1 :]:
            if first == 0 and before is None:
                continue  # all tasks
            inside = (index for time, index in started if time >= since and (before is None or time < before))
            yield Value(Feature.STARTED, since=since if first else None, before=before), frozenset(inside)
