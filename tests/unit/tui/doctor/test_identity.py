from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from store import Error, ErrorKind, FailureReason
from tests.support.doctor_checks import doctor_settings, opened
from tests.support.rows import NOW
from tui.doctor import identity
from tui.doctor.aws_service import AwsService
from tui.doctor.check_result import CheckResult
from tui.doctor.network import Contact

KEY = "AKIAIOSFODNN7EXAMPLE"
EXPIRED = Error(ErrorKind.NOT_ALLOWED, "dynamodb.GetItem", (), "expired", FailureReason.EXPIRED_CREDENTIALS)
NONE = Error(ErrorKind.NOT_ALLOWED, "dynamodb.GetItem", (), "none", FailureReason.NO_CREDENTIALS)
REACHED = Contact(None, (0.01,))


class Credentials:
    def __init__(self, method: str, *, token: str = "", left: timedelta | None = None) -> None:
        self.method = method
        self.token = token
        self.expiry = None if left is None else NOW + left

    async def get_frozen_credentials(self) -> Any:
        return SimpleNamespace(access_key=KEY, token=self.token)


async def check(credentials: Credentials, contact: Contact = REACHED, **settings: Any) -> CheckResult:
    async def get_credentials() -> Credentials:
        return credentials

    service = cast("AwsService", SimpleNamespace(session=SimpleNamespace(get_credentials=get_credentials)))
    return await identity.check_credentials(service, doctor_settings("", **settings), contact, NOW)


@pytest.mark.parametrize(
    ("credentials", "status", "text"),
    [
        (Credentials("env"), "ok", "environment variables, key ****MPLE, without expiry"),
        (Credentials("env", token="t"), "ok", "environment variables, key ****MPLE, expiry not known"),
        (
            Credentials("env", left=timedelta(minutes=10)),
            "warning",
            "environment variables, key ****MPLE, expire in 10m; export new ones",
        ),
        (Credentials("env", left=timedelta(hours=8)), "ok", "environment variables, key ****MPLE, expire in 8h00m"),
        (
            Credentials("sso", left=timedelta(minutes=10)),
            "ok",
            "the SSO login (profile oncall), key ****MPLE, valid for 10m, then renewed",
        ),
    ],
)
async def test_source_and_expiry(credentials: Credentials, status: str, text: str) -> None:
    result = await check(credentials, profile="oncall")
    assert (result.status, result.text) == (status, text)
    assert KEY not in result.text


async def test_no_credentials_are_a_problem() -> None:
    result = await check(Credentials("env"), Contact(NONE, ()))
    assert result.text == "No credentials (none); log in again, or renew the credentials"
    assert (result.status, result.exit_code) == ("problem", 3)


async def test_credentials_that_the_service_refuses_are_a_problem() -> None:
    result = await check(Credentials("env", token="t"), Contact(EXPIRED, ()))
    assert result.text == (
        "environment variables, key ****MPLE: the credentials have expired; log in again, or renew them"
    )
    assert (result.status, result.exit_code, result.data["source"]) == ("problem", 3, "env")


async def test_credentials_that_aws_does_not_know_are_not_called_expired() -> None:
    unknown = Error(ErrorKind.NOT_ALLOWED, "dynamodb.GetItem", (), "not known", FailureReason.EXPIRED_CREDENTIALS)
    result = await check(Credentials("env"), Contact(unknown, ()))
    assert result.text == (
        "environment variables, key ****MPLE: the credentials were refused (not known); log in again, or renew them"
    )


async def test_keys_of_another_service_are_not_sent_to_sts() -> None:
    async with opened("http://127.0.0.1:9") as service:
        result = await identity.check_identity(service, REACHED)
    assert (result.status, result.found) == ("skipped", "not asked: the endpoint is not AWS's")


async def test_an_identity_that_is_not_known_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ConnectionError("no route to sts")

    async with opened("http://127.0.0.1:9") as service:
        monkeypatch.setattr("store.aws.session.open_client", refuse)
        asked = cast("AwsService", SimpleNamespace(session=service.session, custom_endpoint=""))
        result = await identity.check_identity(asked, REACHED)
    assert (result.status, "no route to sts" in result.found) == ("skipped", True)
