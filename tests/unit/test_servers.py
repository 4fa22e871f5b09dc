import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import botocore.session
import hypothesis
import pytest

from tests.support.servers import LEASH, Server, dynamodb_local_command, run_dynamodb_local


def test_each_server_answers(server: Server) -> None:
    dynamodb: Any = botocore.session.get_session().create_client("dynamodb", endpoint_url=server.endpoint_url)
    assert "TableNames" in dynamodb.list_tables()


def test_missing_parts_of_dynamodb_local_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.touch(mode=0o755)
    monkeypatch.setenv("DYNAMODB_LOCAL_JAR_DIR", str(tmp_path))

    monkeypatch.setenv("PATH", "")
    with pytest.raises(LookupError, match="needs Java"):
        dynamodb_local_command()

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LookupError, match=r"there is no .*DynamoDBLocal\.jar; set DYNAMODB_LOCAL_JAR_DIR"):
        dynamodb_local_command()

    (tmp_path / "DynamoDBLocal.jar").touch()
    assert dynamodb_local_command()[0] == str(java)


def test_a_dynamodb_local_that_does_not_start_shows_its_output() -> None:
    command = [sys.executable, "-c", "raise SystemExit('bad jar')"]
    with pytest.raises(RuntimeError, match="bad jar"), run_dynamodb_local(command):
        pass


def test_the_leash_kills_its_command_when_input_ends() -> None:
    endless = [sys.executable, "-c", "import signal; print('on', flush=True); signal.pause()"]
    with subprocess.Popen(
        [sys.executable, LEASH, *endless], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as leash:
        assert leash.stdin
        assert leash.stdout
        assert leash.stdout.readline() == "on\n"
        leash.stdin.close()
        assert leash.stdout.read() == ""  # ends only when neither of the two holds it any more
    assert leash.returncode


def test_the_leash_ends_with_its_command() -> None:
    code = [sys.executable, "-c", "raise SystemExit(7)"]
    with subprocess.Popen([sys.executable, LEASH, *code], stdin=subprocess.PIPE) as leash:
        assert leash.wait(timeout=30) == 7


@pytest.mark.parametrize("connect", ["connect", "connect_ex"])
def test_tests_cannot_connect_to_other_hosts(connect: str) -> None:
    with socket.socket() as client, pytest.raises(RuntimeError, match=r"reach 192\.0\.2\.1;"):
        getattr(client, connect)(("192.0.2.1", 80))


def test_tests_cannot_look_up_or_send_to_other_hosts() -> None:
    with pytest.raises(RuntimeError, match=r"reach dynamodb\.us-west-2\.amazonaws\.com;"):
        socket.create_connection(("dynamodb.us-west-2.amazonaws.com", 443))
    with socket.socket(type=socket.SOCK_DGRAM) as client, pytest.raises(RuntimeError, match=r"reach 192\.0\.2\.1;"):
        client.sendto(b"", ("192.0.2.1", 53))


async def test_loopback_is_allowed(server: Server) -> None:
    port = int(server.endpoint_url.rpartition(":")[2])
    for host in ("localhost", "127.0.0.1"):
        with socket.create_connection((host, port)):
            pass


def test_no_credentials_but_made_up_ones() -> None:
    credentials = botocore.session.get_session().get_credentials()
    assert credentials
    assert credentials.access_key == "demo"
    assert os.environ["AWS_CONFIG_FILE"] == os.devnull
    assert "AWS_PROFILE" not in os.environ


def test_examples_are_not_timed() -> None:
    assert hypothesis.settings().deadline is None
