"""A login that expires while the client is open, and the next one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from store import Error, ErrorKind
from tests.support.fake_aws import PAGE, RESET, error, ok, served, use_made_up_credentials

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
        log_in("")
        for _ in range(2):
            with pytest.raises(Error) as raised:
                await client.query(TableName="t")
            assert raised.value.kind is ErrorKind.NOT_ALLOWED
        log_in("SECOND")
        with pytest.raises(Error, match="Unable to locate credentials"):
            await client.query(TableName="t")
        assert (await client.query(TableName="t")).count == 1
        assert [request.key_id for request in server.requests] == ["FIRST", "SECOND"]


@pytest.mark.parametrize("reply", [RESET, error("AccessDeniedException", "not authorized")])
async def test_other_failures_change_nothing(log_in: Login, reply: object) -> None:
    log_in("FIRST")
    async with served(*[reply] * 5, ITEMS) as (client, server):  # type: ignore[arg-type]
        log_in("SECOND")
        with pytest.raises(Error):
            await client.query(TableName="t")
        assert {request.key_id for request in server.requests} == {"FIRST"}
