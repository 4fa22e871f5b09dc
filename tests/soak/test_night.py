"""A short night: nothing grows over a hundred refreshes, and the model equals the table at the end."""

from tests.soak.churn import Size
from tests.soak.night import play


async def test_nothing_grows_and_no_row_differs() -> None:
    night = await play(100, Size(runs=6))
    assert night.differences == []
    assert night.rows > 300
    first, *_, last = night.samples
    assert (last.tasks, last.temporary_files) <= (first.tasks + 2, first.temporary_files)
    assert last.descriptors <= first.descriptors + 2
