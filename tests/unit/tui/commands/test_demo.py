"""`reflowtop demo`."""

import os

import pytest

from tui.commands import demo
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
