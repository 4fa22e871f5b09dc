"""SSO and `aws login`: cached credentials, and tokens that are damaged or expired."""

import hashlib
import json

import pytest

from tests.support.aws_setups import SSO, Setup, cached, sso_token_path

LEGACY_SSO = """sso_account_id = 123456789012
sso_role_name = r
sso_region = us-west-2
sso_start_url = https://example.com/start
"""
TOKEN = json.dumps({"startUrl": "x", "accessToken": "t", "expiresAt": "2999-01-01T00:00:00Z", "region": "us-west-2"})


async def test_sso_credentials_of_the_aws_cli_are_used(setup: Setup) -> None:
    setup.configure(SSO)
    key = json.dumps({"accountId": "123456789012", "roleName": "r", "sessionName": "s"}, separators=(",", ":"))
    setup.write({f".aws/cli/cache/{hashlib.sha1(key.encode()).hexdigest()}.json": cached()})
    assert await setup.ask() == (0, "")


@pytest.mark.parametrize(("profile", "name"), [(SSO, "s"), (LEGACY_SSO, "https://example.com/start")])
@pytest.mark.parametrize(
    ("token", "words"),
    [
        (TOKEN[:40], "{path} is damaged"),
        ("[]", "{path} is no token"),
        ("{}", "{path} is no token"),
        ('{"accessToken": 5, "expiresAt": "x"}', "{path} is no token"),
        (b"\xff\xfe", "{path} is damaged"),
        (TOKEN.replace("2999-", "x"), "Unknown string format: x01-01T00:00:00Z"),
    ],
)
async def test_an_sso_token_that_is_damaged_is_named(
    setup: Setup, profile: str, name: str, token: str | bytes, words: str
) -> None:
    setup.configure(profile)
    path = sso_token_path(name)
    setup.write({path: token})
    why = words.format(path=f"~/{path}")
    remedy = "run `aws sso login --profile p`."
    assert await setup.ask() == (3, f"No credentials from SSO login of profile p: {why}; {remedy}")


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (SSO, "no login to s is cached"),
        (LEGACY_SSO, "no login to https://example.com/start is cached"),
        (SSO.partition("[")[0], 'The specified sso-session does not exist: "s"'),
        (SSO.replace("sso_role_name = r\n", ""), "missing required configuration: sso_role_name"),
        (SSO.replace("name = r", "name = r\nsso_start_url = https://other"), "sso_start_url is inconsistent"),
    ],
)
async def test_the_remedy_for_an_sso_profile_is_a_login(setup: Setup, profile: str, words: str) -> None:
    setup.configure(profile)
    status, text = await setup.ask()
    assert status == 3
    assert text.startswith("No credentials from SSO login of profile p: ")
    assert words in text
    assert text.endswith("; run `aws sso login --profile p`.")


async def test_an_expired_sso_token_is_told(setup: Setup) -> None:
    setup.configure(LEGACY_SSO)
    setup.write({sso_token_path("https://example.com/start"): TOKEN.replace("2999", "2020")})
    status, text = await setup.ask()
    assert status == 3
    assert "expired" in text
    assert text.endswith("; run `aws sso login --profile p`.")


@pytest.mark.parametrize(
    ("content", "words"),
    [('{"accessToken": {"acc', " is damaged"), ("[]", " is no token"), ("{" * 70_000, ": it has over 64 KB")],
)
async def test_a_token_of_aws_login_that_is_damaged_is_named(
    setup: Setup, monkeypatch: pytest.MonkeyPatch, content: str, words: str
) -> None:
    monkeypatch.setattr("aiobotocore.credentials.EC", object)
    setup.configure("login_session = amy")
    path = f".aws/login/cache/{hashlib.sha256(b'amy').hexdigest()}.json"
    setup.write({path: content})
    text = f"No credentials from login of profile p: ~/{path}{words}; run `aws login --profile p`."
    assert await setup.ask() == (3, text)


async def test_a_login_of_aws_login_needs_an_extra(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiobotocore.credentials.EC", None)
    setup.configure("login_session = arn:aws:iam::123456789012:user/amy")
    text = (
        "No credentials from login of profile p: reflowtop lacks what logins of `aws login` need;"
        " pip install 'reflowtop[crt]', or log in with `aws sso login`."
    )
    assert await setup.ask() == (3, text)
