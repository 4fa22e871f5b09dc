import asyncio
import logging
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.exceptions
import pytest

from store import DynamoTaskDB, Error, ErrorKind
from store.aws import session as aws
from store.aws.error_mapping import map_exception
from tests.support.fake_aws import SILENCE, Reply, error, fake_aws, use_made_up_credentials

HEAVY = {"aiobotocore", "botocore", "boto3", "aiohttp"}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    use_made_up_credentials(monkeypatch)


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], object]:
    """Writes the config file, which is used instead of credentials in the environment."""
    path = tmp_path / "config"
    path.touch()
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    monkeypatch.setenv("HOME", str(tmp_path))  # where tokens are cached
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    return path.write_text


async def use(**options: Any) -> Error:
    """Return the error of a first request; none of them reaches a server."""
    async with fake_aws(SILENCE) as server:
        with pytest.raises(Error) as failed:  # noqa: PT012
            session = await aws.open_session(**options)
            async with aws.open_client(session, "dynamodb", endpoint_url=server.url) as client:
                try:
                    await client.list_tables()
                except Exception as cause:
                    raise map_exception(cause, "dynamodb.ListTables") from cause
        assert not server.requests
    return failed.value


async def test_sessions_share_the_descriptions_of_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, second = [(await aws.open_session(region="us-west-2")).get_component("data_loader") for _ in range(2)]
    assert first is second
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    third = (await aws.open_session(region="us-west-2")).get_component("data_loader")
    assert str(tmp_path) in third.search_paths
    assert str(tmp_path) not in first.search_paths


@pytest.mark.parametrize("module", ["store", "store.dynamo.client"])
def test_importing_loads_no_aws_library(module: str) -> None:
    code = f"import sys, {module}; print({HEAVY!r} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


# Sessions and clients.


async def test_the_settings_of_every_client() -> None:
    session = await aws.open_session()
    async with aws.open_client(session, "dynamodb") as dynamodb, aws.open_client(session, "logs") as logs:
        for client in (dynamodb, logs):
            config = client.meta.config
            assert (config.connect_timeout, config.read_timeout) == (3.0, 10.0)
            assert config.max_pool_connections == 16
            assert config.retries["total_max_attempts"] == 1


async def test_a_client_that_could_not_be_made_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    session = await aws.open_session()
    async with AsyncExitStack() as stack, fake_aws(Reply(b"{}")) as server:
        logs = aws.LateClient(stack, session, "logs", endpoint_url=server.url)
        with monkeypatch.context() as broken:
            broken.setattr(session, "create_client", lambda *args, **kwargs: Interrupted())
            with pytest.raises(asyncio.CancelledError):
                await logs.describe_log_groups()
        assert await logs.describe_log_groups()


class Interrupted:
    """A client whose creation outlasts the cancelled task that asked for it."""

    async def __aenter__(self) -> None:
        raise asyncio.CancelledError

    async def __aexit__(self, *_: object) -> None: ...


async def test_a_client_sends_a_request_once() -> None:
    async with fake_aws(error("ThrottlingException", "slow down")) as server:
        session = await aws.open_session()
        async with aws.open_client(session, "dynamodb", endpoint_url=server.url) as client:
            with pytest.raises(botocore.exceptions.ClientError, match=r"ListTables operation: slow down$"):
                await client.list_tables()
    assert len(server.requests) == 1


async def test_connections_are_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    setsockopt = socket.socket.setsockopt

    def record(connection: socket.socket, *args: Any) -> None:
        opened.append(args)
        setsockopt(connection, *args)

    monkeypatch.setattr(socket.socket, "setsockopt", record)
    async with fake_aws(error("AccessDeniedException")) as server:
        session = await aws.open_session()
        async with aws.open_client(session, "dynamodb", endpoint_url=server.url) as client:
            with pytest.raises(botocore.exceptions.ClientError):
                await client.list_tables()
    assert (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1) in opened


async def test_the_sources_of_the_region(configure: Callable[[str], object], monkeypatch: pytest.MonkeyPatch) -> None:
    configure("[profile p]\nregion = eu-west-1\n")
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    async def region(**options: Any) -> str:
        session = await aws.open_session(**options)
        async with aws.open_client(session, "dynamodb") as client:
            name: str = client.meta.region_name
            return name

    assert await region(profile="p") == "eu-west-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    assert await region(profile="p") == "eu-west-2"
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    assert await region(profile="p") == "eu-west-3"
    assert await region(region="eu-central-1") == "eu-central-1"


async def test_the_region_of_a_table_is_in_its_arn(monkeypatch: pytest.MonkeyPatch) -> None:
    arn = "arn:aws:dynamodb:us-east-2:123456789012:table/reflow"
    assert aws.region_of_table(arn) == "us-east-2"
    assert aws.region_of_table("arn:aws-us-gov:dynamodb:us-gov-west-1:1:table/t") == "us-gov-west-1"
    assert aws.region_of_table("reflow") is None
    for region in ("", "us-west-1"):  # no other region has the table
        monkeypatch.setenv("AWS_DEFAULT_REGION", region)
        async with DynamoTaskDB.open(arn) as db:
            assert urlsplit(db._client.endpoint_url).hostname == "dynamodb.us-east-2.amazonaws.com"
    async with DynamoTaskDB.open(arn, region="eu-west-1") as db:
        assert urlsplit(db._client.endpoint_url).hostname == "dynamodb.eu-west-1.amazonaws.com"


async def test_a_missing_region_is_invalid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    failed = await use()
    assert failed.kind is ErrorKind.INVALID
    assert "You must specify a region; check the region: AWS_REGION" in str(failed)


@pytest.mark.parametrize("region", ["nowhere", "us_west_2"])
async def test_a_region_that_does_not_exist(region: str) -> None:
    session = await aws.open_session(region=region)
    with pytest.raises(Error, match=f"{region}.*check the region") as failed:
        async with aws.open_client(session, "dynamodb"):
            pass
    assert failed.value.kind is ErrorKind.INVALID


async def test_any_region_will_do_for_an_endpoint_of_ones_own() -> None:
    session = await aws.open_session(region="local")
    async with aws.open_client(session, "dynamodb", endpoint_url="http://127.0.0.1:1"):
        pass


async def test_a_profile_that_does_not_exist() -> None:
    failed = await use(profile="p")
    assert failed.kind is ErrorKind.INVALID
    assert "(p) could not be found; list the profiles with `aws configure list-profiles`" in str(failed)
    assert isinstance(failed.cause, botocore.exceptions.ProfileNotFound)


async def test_a_malformed_endpoint() -> None:
    session = await aws.open_session()
    with pytest.raises(Error, match="open dynamodb: invalid: Invalid endpoint: nonsense") as failed:
        async with aws.open_client(session, "dynamodb", endpoint_url="nonsense"):
            pass
    assert failed.value.kind is ErrorKind.INVALID


async def test_a_malformed_config_file(configure: Callable[[str], object]) -> None:
    configure("nonsense")
    failed = await use()
    assert failed.kind is ErrorKind.INVALID
    assert "config, line 1: no section such as [default] above; correct it" in str(failed)


# Credentials: never a question on the terminal.


async def test_missing_credentials_are_not_allowed(configure: Callable[[str], object]) -> None:
    failed = await use()
    assert failed.kind is ErrorKind.NOT_ALLOWED
    assert "no credentials found; log in, name a profile" in str(failed)


async def test_a_role_with_mfa_asks_for_no_code(configure: Callable[[str], object]) -> None:
    configure("""
[profile base]
aws_access_key_id = made
aws_secret_access_key = up
[profile p]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = base
mfa_serial = arn:aws:iam::123456789012:mfa/amy
""")
    failed = await use(profile="p")
    assert failed.kind is ErrorKind.NOT_ALLOWED
    assert "it needs an MFA code, and reflowtop asks for none; run `aws sts get-caller-identity --profile p`" in str(
        failed
    )


async def test_an_sso_profile_asks_for_no_login(configure: Callable[[str], object]) -> None:
    configure("""
[profile p]
sso_session = s
sso_account_id = 123456789012
sso_role_name = r
[sso-session s]
sso_region = us-west-2
sso_start_url = https://example.com/start
""")
    failed = await use(profile="p")
    assert failed.kind is ErrorKind.NOT_ALLOWED
    assert "; run `aws sso login --profile p`" in str(failed)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """Prints credentials if it could not possibly ask for anything: it has no input and no terminal."""
    path = tmp_path / "credentials.py"
    path.write_text("""
import json, os, sys
if sys.stdin.read() or os.getsid(0) != os.getpid():
    sys.exit("I could ask")
print(json.dumps({"Version": 1, "AccessKeyId": "FROM_PROCESS", "SecretAccessKey": "x"}))
""")
    return path


@pytest.mark.parametrize("profile", ["process", "role"])
async def test_a_credential_process_cannot_ask(configure: Callable[[str], object], script: Path, profile: str) -> None:
    configure(f"""
[profile process]
credential_process = {sys.executable} {script}
[profile role]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = process
""")
    failed = await use(profile=profile) if profile == "role" else None
    if failed is not None:
        # With what the process printed, the role is assumed; STS cannot be reached.
        assert "role arn:aws:iam::123456789012:role/r of profile role: a test tried to reach sts." in str(failed)
        return
    session = await aws.open_session(profile=profile)
    frozen = await aws.credentials_of(session).get_frozen_credentials()
    assert frozen.access_key == "FROM_PROCESS"


async def test_a_credential_process_that_fails_is_quoted(configure: Callable[[str], object]) -> None:
    configure(f"[profile p]\ncredential_process = {sys.executable} -c \"raise SystemExit('expired!')\"\n")
    failed = await use(profile="p")
    assert failed.kind is ErrorKind.NOT_ALLOWED
    assert str(failed).endswith("of profile p: expired!")


def test_warnings_of_aiobotocore_are_not_printed_over_the_screen() -> None:
    code = "import logging, store.aws.session; logging.getLogger('aiobotocore.credentials').warning('hm')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert logging.getLogger("aiobotocore").propagate  # to other handlers
