import asyncio
from pathlib import Path
from typing import Any

import pytest

from store import Error, FailureReason, setup
from store.aws.blocking_session import open_blocking_session
from tests.support.aws_setups import KEYS, Setup
from tests.support.fake_aws import fake_aws, ok
from tui.exit_status import find_exit_code
from tui.watch.polling.error_texts import explain


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Setup:
    return Setup(monkeypatch, tmp_path)


def list_tables(url: str, profile: str | None = None) -> Any:
    session = open_blocking_session(None, profile, url)
    return session.client("dynamodb", endpoint_url=url).list_tables()["TableNames"]


async def test_requests_are_signed_with_what_a_credential_process_prints(home: Setup) -> None:
    home.helper(f"echo '{KEYS}'")
    async with fake_aws(ok({"TableNames": ["t"]})) as server:
        assert await asyncio.to_thread(list_tables, server.url, "p") == ["t"]
        assert [request.key_id for request in server.requests] == ["made"]


async def test_a_session_can_be_opened_while_a_loop_runs(home: Setup) -> None:
    home.configure("")
    assert open_blocking_session("eu-west-1", "p", None).region_name == "eu-west-1"


def test_setup_names_the_provider_that_fails(home: Setup) -> None:
    home.helper("echo 'no session for corp; run: corp-login' >&2; exit 1")
    with pytest.raises(Error) as raised:
        setup("reflow", "reflow-logs", endpoint_url="http://127.0.0.1:1")
    assert raised.value.reason is FailureReason.NO_CREDENTIALS
    assert explain(raised.value).endswith("of profile p: no session for corp; run: corp-login")
    assert find_exit_code(raised.value) == 3


def test_setup_names_the_variable_that_is_wrong(home: Setup) -> None:
    home.set(AWS_CA_BUNDLE="/nope.pem")
    with pytest.raises(Error, match=r"AWS_CA_BUNDLE=/nope\.pem cannot be used"):
        setup("reflow", "reflow-logs")
