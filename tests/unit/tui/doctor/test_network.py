from types import SimpleNamespace
from typing import Any, cast

import pytest

from store import Error, ErrorKind, FailureReason
from tests.support.doctor_checks import doctor_settings, opened
from tests.support.fake_aws import Reply, fake_aws, ok
from tests.support.fake_aws import error as aws_error
from tui.doctor import network
from tui.doctor.aws_service import AwsService
from tui.doctor.network import Contact

EXPIRED = Error(ErrorKind.NOT_ALLOWED, "dynamodb.GetItem", (), "x", FailureReason.EXPIRED_CREDENTIALS)
SKEWED = Error(ErrorKind.NOT_ALLOWED, "dynamodb.GetItem", (), "x", FailureReason.CLOCK_SKEW)
UNREACHABLE = Error(ErrorKind.NET, "dynamodb.GetItem", (), "refused")


def service_with(offset: float | None = None, url: str = "https://dynamodb.us-west-2.amazonaws.com") -> AwsService:
    client = SimpleNamespace(meter=SimpleNamespace(clock_offset=offset), endpoint_url=url)
    return cast("AwsService", SimpleNamespace(client=client, custom_endpoint=""))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://amy:hunter2@proxy:3128/", "http://***@proxy:3128/"),
        ("amy:hunter2@proxy:3128", "***@proxy:3128"),
        ("http://proxy:3128", "http://proxy:3128"),
        ("http://127.0.0.1:8000/a@b", "http://127.0.0.1:8000/a@b"),
    ],
)
def test_users_and_passwords_in_urls_are_hidden(url: str, shown: str) -> None:
    assert network.hide_user(url) == shown


@pytest.mark.parametrize(
    ("offset", "status", "part"),
    [
        (None, "skipped", "unknown"),
        (1.5, "ok", "to within 5s"),
        (42.0, "warning", "42s behind the service; set this machine's clock"),
        (-301.0, "problem", "5m ahead of the service"),
    ],
)
def test_clocks(offset: float | None, status: str, part: str) -> None:
    result = network.check_clock(service_with(offset), Contact(None, (0.01,)))
    assert (result.status, part in result.text) == (status, True), result.text


def test_a_clock_that_aws_rejects_is_a_problem_of_the_clock_only() -> None:
    contact = Contact(SKEWED, ())
    assert network.check_clock(service_with(), contact).status == "problem"
    assert network.check_connection(contact, "").status == "ok"


@pytest.mark.parametrize(
    ("contact", "status", "part"),
    [
        (Contact(None, (0.01, 0.02, 9.0)), "ok", "answers in 20 ms"),
        (Contact(None, (0.6, 0.7, 0.8)), "warning", "answers in 700 ms; slow"),
        (Contact(UNREACHABLE, ()), "problem", "cannot be reached (refused)"),
        (Contact(EXPIRED, ()), "ok", "answers"),
    ],
)
def test_connections(contact: Contact, status: str, part: str) -> None:
    result = network.check_connection(contact, "us-west-2")
    assert (result.status, part in result.text) == (status, True), result.text


def test_other_checks_say_what_they_need() -> None:
    needs = [Contact(each, ()).need for each in (None, EXPIRED, SKEWED, UNREACHABLE)]
    assert [need.removeprefix("not tried: it needs ") for need in needs] == [
        "",
        "credentials",
        "a correct clock",
        "a connection",
    ]


def test_the_proxy_is_shown_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://amy:hunter2@proxy:3128")
    monkeypatch.setenv("AWS_CA_BUNDLE", "/etc/proxy.pem")
    found = network.check_proxy(service_with()).found
    assert found == "http://***@proxy:3128, trusting /etc/proxy.pem (AWS_CA_BUNDLE)"


@pytest.mark.parametrize(
    ("environ", "region", "text"),
    [
        ({"AWS_REGION": "eu-west-1"}, None, "eu-west-1 (from AWS_REGION)"),
        ({"AWS_REGION": "eu-west-1"}, "us-east-2", "us-east-2 (from default)"),
        ({}, None, "us-west-2 (from the AWS configuration)"),
    ],
)
async def test_regions(environ: dict[str, str], region: str | None, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    async with opened("http://127.0.0.1:9", region=region) as service:
        assert network.check_region(service, doctor_settings("", region=region)).found == text


async def test_a_denial_is_a_contact_and_its_round_trips_are_measured() -> None:
    async with fake_aws(aws_error("AccessDeniedException", "no")) as fake, opened(fake.url) as service:
        contact = await network.make_contact(service, 10)
    assert contact.error is not None
    assert contact.obstacle is None
    assert len(contact.round_trips) == 3


async def test_an_expired_login_ends_the_contact_at_once() -> None:
    async with fake_aws(aws_error("ExpiredTokenException", "expired")) as fake, opened(fake.url) as service:
        contact = await network.make_contact(service, 10)
    assert (contact.need, len(fake.requests)) == ("not tried: it needs credentials", 1)


async def test_a_server_that_is_not_aws_is_one_problem_of_the_connection() -> None:
    async with fake_aws(Reply(b"<html>not found</html>", 404)) as fake, opened(fake.url) as service:
        contact = await network.make_contact(service, 10)
    assert contact.need == "not tried: it needs a connection"
    text = network.check_connection(contact, "").text
    assert text == "The reply is not from DynamoDB (HTTP status 404); check --endpoint-url and any proxies"


async def test_a_custom_endpoint_is_marked_as_not_aws() -> None:
    reply: Any = ok({})
    async with fake_aws(reply) as fake, opened(fake.url) as service:
        found = network.check_endpoint(service, doctor_settings(fake.url)).found
    assert found == f"{fake.url} (from default), not AWS"
