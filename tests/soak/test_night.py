"""A short night: nothing grows over a hundred refreshes, and the model equals the table at the end."""

import pytest

from tests.soak.churn import Size
from tests.soak.night import Night, Sample, play


async def test_nothing_grows_and_no_row_differs() -> None:
    night = await play(100, Size(runs=6))
    assert night.differences == []
    assert night.rows > 300
    first, *_, last = night.samples
    assert (last.tasks, last.temporary_files) <= (first.tasks + 2, first.temporary_files)
    assert last.descriptors <= first.descriptors + 2


def night_of(*memory: int) -> Night:
    return Night([Sample(4_000 + 25 * number, value, 0, 0, 0) for number, value in enumerate(memory)], 0, [])


def test_the_slope_is_that_of_steady_growth_and_not_of_one_step() -> None:
    growing = night_of(*range(0, 320_000, 1_000))
    assert growing.slope(lambda sample: sample.memory) == pytest.approx(40_000)
    stepping = night_of(*[0] * 100, *[9_000_000] * 220)
    assert stepping.slope(lambda sample: sample.memory) == 0
    assert night_of(1).slope(lambda sample: sample.memory) == 0
