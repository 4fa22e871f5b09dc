"""A short soak run: no container of the project grows without bound."""

from collections import Counter
from datetime import timedelta

import pytest

from tests.soak.churn import Size
from tests.soak.night import Sample, play
from tests.support.container_sizes import container_sizes

# Two runs of some ten minutes: after an hour, the window and the session history are full.
_SIZE = Size(runs=2, tasks=8, run_life=600, task_life=150)
_MINUTE = timedelta(minutes=1)
_REFRESHES, _WARM_UP, _EVERY = 400, 100, 25
# A container that grows with the number of refreshes doubles from the middle of the first half to that of the second.
_MOST_GROWTH, _CHANCE = 1.6, 40
# Bounded by numbers that a short night cannot reach.
_BOUNDED = {
    "store.dynamo.decode.Decoder._times": "the times in 20,000 rows",
    "store.dynamo.decode._Memo._older": "those in 20,000 rows before",
}


@pytest.mark.slow
async def test_no_container_grows_from_hour_to_hour() -> None:
    halves: tuple[Counter[str], Counter[str]] = Counter(), Counter()

    def measure(sample: Sample) -> None:
        if sample.refreshes > _WARM_UP and sample.refreshes % _EVERY == 0:
            halves[sample.refreshes > (_REFRESHES + _WARM_UP) / 2].update(container_sizes())

    night = await play(_REFRESHES, _SIZE, measure, step=_MINUTE)
    assert night.differences == []
    early, late = halves
    assert len(early) > 100
    count = (_REFRESHES - _WARM_UP) / _EVERY / 2
    grown = {
        name: (early[name] / count, late[name] / count)
        for name in late
        if late[name] > _MOST_GROWTH * early[name] + _CHANCE * count and name not in _BOUNDED
    }
    assert grown == {}, "bound it, or say here what bounds it"
