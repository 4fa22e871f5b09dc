"""Providers of credentials that fail: containers, files, logins, and none at all."""

import os
from pathlib import Path

import pytest

from store.aws.credential_providers import CLICache
from tests.support.aws_setups import PROFILE_ROLE, ROLE, Setup


async def test_passwords_in_the_names_of_providers_are_masked(setup: Setup) -> None:
    setup.configure("credential_process = false https://amy:s3cretpw@corp/")
    words = "it ended with exit status 1, and printed nothing"
    text = f"No credentials from credential_process `false https://***@corp/` of profile p: {words}"
    assert await setup.ask() == (3, text)
    setup.set(AWS_PROFILE="", AWS_CONTAINER_CREDENTIALS_FULL_URI="http://amy:s3cretpw@example.com/")
    status, text = await setup.ask()
    assert (status, "s3cretpw" in text, "http://***@example.com/" in text) == (3, False, True)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/nope/token", "/nope/token: no such file or directory"),
        ("{HOME}", "~: it is a directory"),
        ("{HOME}/fifo", "~/fifo: it is a FIFO"),
        ("/dev/zero", "/dev/zero: it is a device"),
        ("{HOME}/binary", "it is not UTF-8"),
        ("{HOME}/huge", "~/huge: it has over 64 KB"),
    ],
)
async def test_a_token_file_that_cannot_be_read_is_named(setup: Setup, path: str, words: str) -> None:
    setup.write({"binary": b"\xff\xfe" * 4, "huge": "x" * 100_000})
    os.mkfifo(setup.home / "fifo")
    setup.set(AWS_PROFILE="", AWS_ROLE_ARN=ROLE, AWS_WEB_IDENTITY_TOKEN_FILE=path)
    text = f"No credentials from the web identity in AWS_WEB_IDENTITY_TOKEN_FILE: {words}"
    assert await setup.ask() == (3, text)
    setup.set(AWS_PROFILE="p")
    setup.configure(f"{PROFILE_ROLE}web_identity_token_file = {path}")
    assert await setup.ask() == (3, f"No credentials from the web identity of profile p: {words}")
    if path == "{HOME}/binary":
        return
    setup.set(
        AWS_PROFILE="",
        AWS_WEB_IDENTITY_TOKEN_FILE="",
        AWS_CONTAINER_CREDENTIALS_FULL_URI="http://127.0.0.1:1/x",
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=path,
    )
    origin = "http://127.0.0.1:1/x (AWS_CONTAINER_CREDENTIALS_FULL_URI)"
    text = f"No credentials from {origin}: AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE {words}"
    assert await setup.ask() == (3, text)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"AWS_CONTAINER_AUTHORIZATION_TOKEN": "a\nb"}, "Auth token value is not a legal header value"),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/x"}, "Unsupported host 'example.com'"),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "nonsense"}, "Unsupported host 'None'"),
    ],
)
async def test_a_container_without_credentials(setup: Setup, variables: dict[str, str], words: str) -> None:
    setup.set(AWS_PROFILE="", AWS_CONTAINER_CREDENTIALS_FULL_URI="http://127.0.0.1:1/x")
    setup.set(**variables)
    status, text = await setup.ask()
    assert status == 3
    assert f"(AWS_CONTAINER_CREDENTIALS_FULL_URI): {words}" in text


@pytest.mark.parametrize(
    ("credentials", "words"),
    [
        (
            "aws_access_key_id = A",
            "Partial credentials found in shared-credentials-file, missing: aws_secret_access_key",
        ),
        ("aws_access_key_id =\naws_secret_access_key =", "its access key is missing"),
        (
            "aws_access_key_id = A\naws_secret_access_key = b\naws_session_token = x\n  y",
            "its session token has a line break after 1 characters",
        ),
    ],
)
async def test_a_credentials_file_that_lacks_a_key(setup: Setup, credentials: str, words: str) -> None:
    setup.write({".aws/credentials": f"[p]\n{credentials}\n"})
    assert await setup.ask() == (3, f"No credentials from ~/.aws/credentials, profile p: {words}")


async def test_without_any_provider_the_ways_to_log_in_are_named(setup: Setup) -> None:
    setup.set(AWS_PROFILE="")
    text = (
        "No credentials found; log in, name a profile with AWS_PROFILE, or export AWS_ACCESS_KEY_ID and"
        " AWS_SECRET_ACCESS_KEY."
    )
    assert await setup.ask() == (3, text)


def test_the_cache_of_the_aws_cli_is_only_read(tmp_path: Path) -> None:
    cache = CLICache(tmp_path)
    cache["made"] = {"Credentials": {}}
    assert (cache["made"], list(cache), len(cache), "other" in cache) == ({"Credentials": {}}, ["made"], 1, False)
    assert list(tmp_path.iterdir()) == []
    del cache["made"]
    assert "made" not in cache
