"""The workflows and instance types of the simulated cluster."""

import pytest

from store import ImgCmdID
from tui.demo.workflow import R5_2XLARGE, R5_24XLARGE, WORKFLOWS, Workflow


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_steps_are_valid(workflow: Workflow) -> None:
    assert workflow.labels == {"project": workflow.project, "Name": workflow.name}
    assert len({step.ident for step in workflow.steps}) == len(workflow.steps)
    gathers = [step.gather for step in workflow.steps]
    assert gathers == sorted(gathers), "gathering steps come last"
    for step in workflow.steps:
        assert step.seconds[0] < step.seconds[1]
        assert step.img_cmd_id == ImgCmdID.compute(step.image, step.command)
        assert all(step.resources[name] < R5_24XLARGE.resources[name] for name in ("cpu", "mem", "disk"))


def test_host_reserves_memory_for_the_engine() -> None:
    assert R5_2XLARGE.resources["mem"] == pytest.approx(0.95 * 64 * 2**30)
