"""The dashboard and its writers while the service fails; `python -m tests.faults` plays more, and for longer."""

import pytest

from tests.faults import bodies, errors, pages
from tests.faults.fault import Fault
from tests.faults.play import play
from tests.faults.world import world
from tests.support.servers import Server

SECONDS = 15  # of each fault, by the clock of the test
FAULTS = [fault for module in (errors, bodies, pages) for fault in module.FAULTS if fault.is_short]
# One app for several: what a fault leaves behind would show in the next one.
THIRDS = [FAULTS[number::3] for number in range(3)]


@pytest.mark.slow
@pytest.mark.parametrize("faults", THIRDS, ids=["first", "second", "third"])
async def test_each_fault_is_told_keeps_the_data_and_passes(faults: list[Fault], ministack: Server) -> None:
    async with world(ministack.endpoint_url) as opened:
        for fault in faults:
            await opened.step()
            outcome = await play(opened, fault, min(fault.seconds, SECONDS))
            assert outcome.failures(fault) == [], outcome
