"""Writers that are killed lose nothing that was acknowledged."""

from tests.soak.killed_writers import play
from tests.support.servers import Server


async def test_every_acknowledged_write_is_there_and_no_other(ministack: Server) -> None:
    journal, faults = await play(ministack.endpoint_url, "killed-writers", writers=3, rows=150)
    assert faults == []
    assert len(journal.created) >= 150
    assert journal.ended
    assert journal.kills >= 3
