"""The local AWS-compatible service."""

import importlib.util
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.exceptions
import botocore.session
import pytest

import tui.demo.service
from tests.support.servers import ROOT, accepts
from tui.demo.service import ENVIRONMENT, LocalService, ServiceError, isolate_aws_environment


@pytest.fixture
def service() -> Iterator[LocalService]:
    with LocalService.start() as running:
        yield running


def client(service: LocalService, name: str) -> Any:
    session = botocore.session.get_session()
    return session.create_client(name, endpoint_url=service.endpoint_url)


def port_of(service: LocalService) -> int:
    port = urlsplit(service.endpoint_url).port
    assert port
    return port


def test_serves_dynamodb_s3_and_logs(service: LocalService) -> None:
    assert client(service, "dynamodb").list_tables()["TableNames"] == []
    assert client(service, "dynamodbstreams").list_streams()["Streams"] == []
    assert client(service, "s3").list_buckets()["Buckets"] == []
    assert client(service, "logs").describe_log_groups()["logGroups"] == []


def test_serves_nothing_else(service: LocalService) -> None:
    with pytest.raises(botocore.exceptions.ClientError):
        client(service, "ssm").describe_parameters()


def test_listens_on_loopback_only(service: LocalService) -> None:
    assert service.endpoint_url == f"http://127.0.0.1:{port_of(service)}"


def test_two_services_share_nothing(service: LocalService) -> None:
    with LocalService.start() as other:
        assert other.endpoint_url != service.endpoint_url
        client(service, "s3").create_bucket(
            Bucket="logs", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
        )
        assert client(other, "s3").list_buckets()["Buckets"] == []


def test_stop_refuses_connections_and_restart_serves_on_the_same_port(service: LocalService) -> None:
    s3 = client(service, "s3")
    s3.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    url = service.endpoint_url

    service.stop()
    assert not accepts(port_of(service))
    service.stop()

    service.restart()
    assert service.endpoint_url == url
    assert s3.list_buckets()["Buckets"] == []  # it keeps nothing on disk


def test_restart_while_running_starts_over(service: LocalService) -> None:
    url = service.endpoint_url
    with socket.create_connection(("127.0.0.1", port_of(service)), timeout=10) as old:
        service.restart()
        assert ended(old)
    assert service.endpoint_url == url
    assert accepts(port_of(service))


def test_leaving_the_block_stops_the_service() -> None:
    with LocalService.start() as service:
        assert accepts(port_of(service))
    assert not accepts(port_of(service))


def test_restart_on_a_taken_port_is_an_error(service: LocalService) -> None:
    service.stop()
    with socket.create_server(("127.0.0.1", port_of(service))), pytest.raises(OSError, match="in use"):
        service.restart()


def test_missing_ministack_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ServiceError, match=r"^ministack is not installed; run: pip install 'reflowtop\[demo\]'$"):
        LocalService.start()


def test_early_exit_shows_the_end_of_the_output(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "service_process.py"
    script.write_text("print('some detail', flush=True)\nraise SystemExit('no room for me')\n")
    monkeypatch.setattr(tui.demo.service, "_SCRIPT", script)
    with pytest.raises(ServiceError) as failure:
        LocalService.start()
    assert str(failure.value) == "the local AWS service did not start: no room for me"
    assert failure.value.__notes__ == ["some detail", "no room for me"]


def test_unresponsive_service_is_killed_after_the_timeout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "service_process.py"
    script.write_text("import signal\nsignal.pause()\n")
    monkeypatch.setattr(tui.demo.service, "_SCRIPT", script)
    service = LocalService()
    with pytest.raises(ServiceError, match=r"^the local AWS service did not start: no answer within 0\.2 s$"):
        service.restart(timeout=0.2)
    assert not accepts(port_of(service))


def test_isolate_leaves_made_up_credentials_and_no_other_setting() -> None:
    environ = {"AWS_PROFILE": "prod", "AWS_SESSION_TOKEN": "secret", "AWS_MAX_ATTEMPTS": "9", "HOME": "/home/a"}
    isolate_aws_environment(environ)
    assert environ == {**ENVIRONMENT, "HOME": "/home/a"}


def test_process_inherits_no_secrets_and_no_ministack_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("PERSIST_STATE", "1")
    script = tmp_path / "service_process.py"
    script.write_text("import os\nfor name in os.environ: print(name)\n")
    monkeypatch.setattr(tui.demo.service, "_SCRIPT", script)
    with pytest.raises(ServiceError) as failure:
        LocalService.start()
    assert "GATEWAY_PORT" in failure.value.__notes__
    assert not {"AWS_SESSION_TOKEN", "PERSIST_STATE"} & set(failure.value.__notes__)


def test_import_loads_no_heavy_libraries() -> None:
    code = "import sys, tui.demo.service; print([m for m in ('ministack', 'textual', 'botocore') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def ended(connection: socket.socket) -> bool:
    """Wait, up to the connection's time-out, until the process at its other end is gone."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
