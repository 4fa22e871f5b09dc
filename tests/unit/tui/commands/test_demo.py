"""`reflowtop demo`."""

import os
from pathlib import Path

import pytest

from tui.commands import demo
from tui.commands.failure_memory import open_memory
from tui.demo.service import LocalService, ServiceError
from tui.demo.simulation import TABLE
from tui.exit_status import ExitCode
from tui.settings import Settings


def test_service_that_does_not_start_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> LocalService:
        raise ServiceError("ministack is not installed; run: pip install 'reflowtop[demo]'")

    monkeypatch.setattr(LocalService, "start", fail)
    monkeypatch.setenv("AWS_PROFILE", "prod")
    environment = dict(os.environ)
    try:
        assert demo.run(Settings(table=TABLE), headless=True, seed=1) is ExitCode.FAILED
        assert "AWS_PROFILE" not in os.environ, "the demo must not see real credentials"
    finally:
        os.environ.update(environment)
    assert capsys.readouterr().err.splitlines() == [
        "Starting a local service and a simulated cluster ...",
        "reflowtop: ministack is not installed; run: pip install 'reflowtop[demo]'",
    ]


def test_the_demo_has_a_memory_of_failures_while_it_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    settings = Settings(table=TABLE, endpoint_url="http://127.0.0.1:40897")
    with demo.failure_memory(settings, seed=1):
        (path,) = (tmp_path / "reflowtop" / "memory").iterdir()
        memory = open_memory(settings)
        reasons = " | ".join(map(memory.reason, memory.find("")))
        assert "samtools.sort: network error in 2 flows" in reasons
        assert "samtools.sort: OOM error in 1 flow" in reasons
    assert not path.exists()
