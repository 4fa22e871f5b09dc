"""A login that expires while the client is open, and the next one."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from store import Error, ErrorKind
from store.aws import helper_process
from store.aws.retry import Retries
from tests.support.aws_setups import KEYS, PROCESS, Setup, cached
from tests.support.fake_aws import PAGE, RESET, error, ok, served, use_made_up_credentials
from tests.support.processes import is_running
from tests.support.servers import wait_until
from tui.watch.polling.error_texts import describe_retry, explain

Login = Callable[[str], None]

EXPIRED = error("ExpiredTokenException", "The security token included in the request is expired")
ITEMS = ok(PAGE)


@pytest.fixture
def log_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Login:
    """Writes a key into the credentials file, as a login in another terminal does; None removes it."""
    use_made_up_credentials(monkeypatch)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    path = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))

    def write(key_id: str) -> None:
        lines = (
            [f"aws_access_key_id = {key_id}", "aws_secret_access_key = s", "aws_session_token = t"] if key_id else []
        )
        path.write_text("\n".join(["[default]", *lines, ""]))

    return write


@pytest.mark.parametrize("code", ["ExpiredTokenException", "UnrecognizedClientException", "InvalidAccessKeyId"])
async def test_a_new_login_is_picked_up(log_in: Login, code: str) -> None:
    log_in("FIRST")
    async with served(ITEMS, error(code), ITEMS) as (client, server):
        assert (await client.query(TableName="t")).count == 1
        log_in("SECOND")
        with pytest.raises(Error) as raised:
            await client.query(TableName="t")
        assert raised.value.kind is ErrorKind.NOT_ALLOWED
        assert (await client.query(TableName="t")).count == 1
        assert [request.key_id for request in server.requests] == ["FIRST", "FIRST", "SECOND"]


async def test_credentials_that_go_and_come_back(log_in: Login) -> None:
    log_in("FIRST")
    async with served(EXPIRED, ITEMS) as (client, server):
        with pytest.raises(Error, match="expired"):
            await client.query(TableName="t")
        log_in("")
        for _ in range(2):
            with pytest.raises(Error, match="no credentials found"):
                await client.query(TableName="t")
        log_in("SECOND")
        assert (await client.query(TableName="t")).count == 1
        assert [request.key_id for request in server.requests] == ["FIRST", "SECOND"]


@pytest.mark.parametrize("reply", [RESET, error("AccessDeniedException", "not authorized")])
async def test_other_failures_change_nothing(log_in: Login, reply: object) -> None:
    log_in("FIRST")
    async with served(ITEMS, *[reply] * 5, ITEMS) as (client, server):  # type: ignore[arg-type]
        await client.query(TableName="t")
        log_in("SECOND")
        with pytest.raises(Error):
            await client.query(TableName="t")
        assert {request.key_id for request in server.requests} == {"FIRST"}


# A credential process that takes its time.


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Setup:
    return Setup(monkeypatch, tmp_path)


def slow_helper(setup: Setup, output: str = KEYS) -> None:
    """A helper that notes its start and goes on when the file `go` exists."""
    script = f"echo $$ >> $HOME/begun; while [ ! -e $HOME/go ]; do sleep 0.05; done; echo '{output}'"
    setup.helper(script)


def starts(setup: Setup) -> list[int]:
    try:
        return [int(line) for line in (setup.home / "begun").read_text().split()]
    except FileNotFoundError:
        return []


async def test_all_requests_share_one_helper(setup: Setup) -> None:
    slow_helper(setup)
    async with served(ITEMS) as (client, server):
        queries = [asyncio.create_task(client.query(TableName="t")) for _ in range(5)]
        await asyncio.to_thread(wait_until, lambda: bool(starts(setup)))
        queries[0].cancel()  # the helper goes on for the others
        (setup.home / "go").touch()
        replies = await asyncio.gather(*queries[1:])
        assert [reply.count for reply in replies] == [1] * 4
        assert len(server.requests) == 4
    assert len(starts(setup)) == 1


async def test_a_helper_outlives_the_requests_that_gave_up(setup: Setup) -> None:
    slow_helper(setup)
    async with served(ITEMS) as (client, _):
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await client.query(TableName="t")
        await asyncio.to_thread(wait_until, lambda: bool(starts(setup)))
        (setup.home / "go").touch()
        assert (await client.query(TableName="t")).count == 1
    assert len(starts(setup)) == 1


async def test_a_helper_ends_with_the_last_client(setup: Setup) -> None:
    slow_helper(setup)
    async with served(ITEMS) as (client, _):
        query = asyncio.create_task(client.query(TableName="t"))
        await asyncio.to_thread(wait_until, lambda: bool(starts(setup)))
        query.cancel()
    (process,) = starts(setup)
    await asyncio.to_thread(wait_until, lambda: not is_running(process))


async def test_a_helper_that_is_given_up_is_named(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helper_process, "TIMEOUT", 0.3)
    slow_helper(setup)
    answer = await setup.ask()
    assert answer == (3, f"{PROCESS}did not end within 0.3 s")
    (process,) = starts(setup)
    await asyncio.to_thread(wait_until, lambda: not is_running(process))


async def test_the_deadline_of_a_request_starts_with_credentials(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    run = Retries.run

    async def run_with_deadline(self: Retries, *args: Any, **options: Any) -> Any:
        started.append(self.deadline)
        return await run(self, *args, **options)

    monkeypatch.setattr(Retries, "run", run_with_deadline)
    slow_helper(setup)
    async with served(ITEMS) as (client, _):
        query = asyncio.create_task(client.query(TableName="t"))
        await asyncio.to_thread(wait_until, lambda: bool(starts(setup)))
        assert started == []
        (setup.home / "go").touch()
        assert (await query).count == 1
    assert started == [30.0]


def expiring_in(seconds: float) -> str:
    expiry = datetime.now(UTC) + timedelta(seconds=seconds)
    return f'{KEYS[:-1]}, "SessionToken": "t", "Expiration": "{expiry.isoformat()}"}}'


async def test_credentials_that_expire_soon_are_renewed_in_the_background(setup: Setup) -> None:
    slow_helper(setup, expiring_in(300))
    (setup.home / "go").touch()
    async with served(ITEMS) as (client, _):
        await client.query(TableName="t")
        (setup.home / "go").unlink()
        assert len(starts(setup)) == 1
        source = client._credentials
        assert source is not None
        source._last_search -= 61
        for _ in range(3):  # the helper hangs, and no request waits for it
            await client.query(TableName="t")
        await asyncio.to_thread(wait_until, lambda: len(starts(setup)) == 2)
        assert source.expiry is not None


async def test_credentials_that_are_about_to_expire_are_waited_for(setup: Setup) -> None:
    slow_helper(setup, expiring_in(10))
    (setup.home / "go").touch()
    async with served(ITEMS) as (client, _):
        await client.query(TableName="t")
        await client.query(TableName="t")
    assert len(starts(setup)) >= 2


async def test_the_remedy_for_refused_credentials_is_that_of_their_provider(setup: Setup) -> None:
    session = "[sso-session s]\nsso_region = us-west-2\nsso_start_url = https://example.com/start"
    setup.configure(f"sso_session = s\nsso_account_id = 1\nsso_role_name = r\n{session}")
    key = json.dumps({"accountId": "1", "roleName": "r", "sessionName": "s"}, separators=(",", ":"))
    setup.write({f".aws/cli/cache/{hashlib.sha1(key.encode()).hexdigest()}.json": cached()})
    async with served(EXPIRED) as (client, _):
        with pytest.raises(Error) as raised:
            await client.query(TableName="t")
    assert explain(raised.value) == "The credentials have expired: run `aws sso login --profile p`."


async def test_credentials_of_variables_need_a_new_start(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that runs does not see what its shell exports later."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    async with served(EXPIRED) as (client, _):
        with pytest.raises(Error) as raised:
            await client.query(TableName="t")
    assert explain(raised.value) == "The credentials have expired: export new ones, and start the program again."
    assert describe_retry(raised.value) == "reflowtop keeps retrying."
