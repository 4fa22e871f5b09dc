"""The process of the simulated cluster, seen from its parent."""

import pytest

from tui.demo.service import ServiceError
from tui.demo.simulation import Simulation


@pytest.mark.slow
def test_failure_of_the_process_is_one_line() -> None:
    with Simulation("http://127.0.0.1:1", seed=1) as simulation:
        with pytest.raises(ServiceError, match=r"^the simulated cluster ended: .*127\.0\.0\.1:1") as raised:
            simulation.wait_until_ready()
        assert "\n" not in str(raised.value)
        simulation.wait()


def test_leaving_the_block_ends_the_process() -> None:
    with Simulation("http://127.0.0.1:1", seed=1) as simulation:
        pass
    assert simulation._process.returncode is not None
