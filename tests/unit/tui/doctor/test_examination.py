from pathlib import Path
from typing import Any

import pytest

from tests.support.doctor_checks import by_name, statuses
from tests.support.fake_aws import SILENCE, fake_aws
from tests.support.rows import NOW
from tests.unit.tui.doctor.conftest import Policed
from tui import settings
from tui.doctor import examination, log_access, read_cost, table_access
from tui.doctor.check_result import CheckResult
from tui.settings import Settings, SettingsError

LOCAL = ["python", "terminal", "clipboard", "state", "settings", "table name", "bucket name", "prices"]
SERVICE = ["region", "endpoint", "proxy", "connection", "clock", "credentials", "identity"]
ORDER = [*LOCAL, *SERVICE, *table_access.names(), *read_cost.NAMES, *log_access.NAMES]


def accept(_: Settings) -> None:
    """Find nothing wrong."""


async def examine(path: Path, endpoint_url: str = "", **options: Any) -> list[CheckResult]:
    flags = {"table": "reflow-prod", "bucket": "reflow-logs", "endpoint_url": endpoint_url or None}
    flags |= options.pop("flags", {})
    resolved = settings.resolve(flags, {}, NOW, config=path / "config.toml", reflow_config=path / "x.yaml")
    return [each async for each in examination.examine(resolved, accept, NOW, **options)]


async def test_results_come_in_a_fixed_order(policed_without: Policed, tmp_path: Path) -> None:
    async with policed_without() as way:
        results = await examine(tmp_path, way.url)
    assert [each.name for each in results] == ORDER
    # A test has no terminal.
    assert {name for name, status in statuses(results).items() if status != "ok"} <= {
        *("terminal", "clipboard", "state", "identity", "missed rows", "prices")
    }
    assert [access for access in way.accessed if not access.is_read] == []


async def test_a_service_that_never_answers_is_one_problem(tmp_path: Path) -> None:
    async with fake_aws(SILENCE) as silent:
        results = await examine(tmp_path, silent.url, deadline=0.1)
    assert [each.name for each in results] == ORDER
    (problem,) = (each for each in results if each.status == "problem")
    assert problem.found == "The service does not answer in time (none within 0.1 s)"
    assert (problem.name, problem.exit_code) == ("connection", 3)


async def test_a_source_of_credentials_that_hangs_is_one_problem(
    policed_without: Policed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "aws"
    config.write_text("[profile oncall]\nregion = us-west-2\ncredential_process = tail -f /dev/null\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    async with policed_without() as way:
        results = await examine(tmp_path, way.url, flags={"profile": "oncall"}, deadline=0.2)
    (problem,) = (each for each in results if each.status == "problem")
    assert problem.name == "credentials"
    assert problem.found.startswith("No credentials from credential_process `tail -f /dev/null` of profile oncall, 0s")
    assert problem.found.endswith(": no answer within 0.2 s")
    assert way.accessed == []


async def test_without_a_connection_the_rest_is_skipped(tmp_path: Path) -> None:
    results = await examine(tmp_path, "http://127.0.0.1:1")
    assert [each.name for each in results] == ORDER
    assert [each.name for each in results if each.status == "problem"] == ["connection"]
    assert by_name(results)["logs:GetLogEvents"].found == "not tried: it needs a connection"


async def test_a_check_that_fails_itself_hides_no_other(
    policed_without: Policed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise KeyError("token=hunter2hunter2")

    monkeypatch.setattr(table_access, "check_table", fail)
    async with policed_without() as way:
        results = by_name(await examine(tmp_path, way.url))
    assert results["table"].text == "the check itself failed (KeyError: 'token=[redacted]'); report this as a bug"
    assert results["first refresh"].status == "ok"


async def test_without_a_table_everything_else_is_checked(endpoint_url: str, tmp_path: Path) -> None:
    found = statuses(await examine(tmp_path, endpoint_url, flags={"table": None}))
    assert (found["table name"], found["connection"], found["table"], found["s3:GetObject"]) == (
        *("problem", "ok", "skipped", "ok"),
    )


async def test_a_profile_that_does_not_exist_is_one_problem(tmp_path: Path) -> None:
    results = await examine(tmp_path, flags={"profile": "nope"})
    (problem,) = (each for each in results if each.status == "problem")
    assert (problem.name, "nope" in problem.text) == ("AWS configuration", True)
    assert [each.name for each in results if each.name != problem.name] == ORDER


def test_settings_that_cannot_be_read_leave_the_machine_to_check() -> None:
    results = examination.examine_without_settings(SettingsError("config.toml:3: unknown setting; did you mean tz?"))
    assert [each.name for each in results] == ["python", "terminal", "clipboard", "state", "settings", "the service"]
    assert by_name(results)["settings"].remedy == "did you mean tz?"
