"""Roles to assume: source profiles, STS, and sessions with MFA."""

import pytest

from tests.support.aws_setups import BASE, PROFILE_ROLE, ROLE, SSO, Setup, cached, cli_cache_path
from tests.support.fake_sts import DENIED, HTML, NOTHING, fake_sts

MFA = "mfa_serial = arn:aws:iam::123456789012:mfa/amy\n"
LOOP = (
    "Infinite loop in credential configuration detected. Attempting to load from profile p which has already been"
    " visited. Visited profiles: ['p', 'q']"
)


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (PROFILE_ROLE, "Partial credentials found in assume-role, missing: source_profile or credential_source"),
        (
            f"{PROFILE_ROLE}source_profile = nobody",
            'The source_profile "nobody" referenced in the profile "p" does not exist',
        ),
        (
            f"{PROFILE_ROLE}source_profile = q\n[profile q]\n{PROFILE_ROLE}source_profile = p",
            LOOP,
        ),
        (f"{PROFILE_ROLE}source_profile = q\n[profile q]\nregion = x", 'The source profile "q" must have credentials'),
        (
            f"{PROFILE_ROLE}credential_source = Nonsense",
            'The credential source "Nonsense" referenced in profile "p" is not valid',
        ),
        (
            f"{PROFILE_ROLE}credential_source = Environment",
            "No credentials found in credential_source referenced in profile p",
        ),
        (
            f"{PROFILE_ROLE}credential_source = Environment\nsource_profile = base\n{BASE}",
            'The profile "p" contains both source_profile and credential_source',
        ),
    ],
)
async def test_a_role_is_named_with_what_its_profile_lacks(setup: Setup, profile: str, words: str) -> None:
    setup.configure(profile)
    assert await setup.ask() == (3, f"No credentials from role {ROLE} of profile p: {words}")


async def test_the_source_profile_that_fails_is_named(setup: Setup) -> None:
    setup.configure(f"{PROFILE_ROLE}source_profile = q\n[profile q]\ncredential_process = {{HOME}}/login.sh")
    setup.write({"login.sh": "#!/bin/sh\necho no session >&2; exit 1\n"})
    text = "No credentials from credential_process `~/login.sh` of profile q: no session"
    assert await setup.ask() == (3, text)


async def test_the_login_of_an_sso_source_profile_is_the_remedy(setup: Setup) -> None:
    setup.configure(f'{PROFILE_ROLE}source_profile = my sso\n[profile "my sso"]\n{SSO}')
    text = "SSO login of profile 'my sso': no login to s is cached; run `aws sso login --profile 'my sso'`."
    assert await setup.ask() == (3, f"No credentials from {text}")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (DENIED, f"User: amy is not authorized to perform: sts:AssumeRole on resource: {ROLE}"),
        (HTML, "its reply lacks 'AssumeRoleResult'"),
        (NOTHING, "Unable to parse response (no element found: line 1, column 0), invalid XML received"),
    ],
)
async def test_the_answer_of_sts_is_quoted(setup: Setup, reply: bytes, words: str) -> None:
    setup.configure(f"{PROFILE_ROLE}source_profile = base\n{BASE}")
    async with fake_sts(reply) as url:
        setup.set(AWS_ENDPOINT_URL_STS=url)
        status, text = await setup.ask()
        assert status == 3
        assert text.startswith(f"No credentials from role {ROLE} of profile p: {words}")
        setup.write({"token": "a token"})
        setup.configure(f"{PROFILE_ROLE}web_identity_token_file = {{HOME}}/token")
        web_words = words.replace("AssumeRoleResult", "AssumeRoleWithWebIdentityResult")
        status, text = await setup.ask()
        assert status == 3
        assert text.startswith(f"No credentials from the web identity of profile p: {web_words}")


async def test_an_sts_that_cannot_be_reached_is_no_lack_of_a_network_to_the_table(setup: Setup) -> None:
    setup.configure(f"{PROFILE_ROLE}source_profile = base\n{BASE}")
    setup.set(AWS_ENDPOINT_URL_STS="http://127.0.0.1:1")
    status, text = await setup.ask(timeout=5)
    assert status == 3
    assert text.startswith(f"No credentials from role {ROLE} of profile p: Could not connect to the endpoint URL")


MFA_FAILURE = (
    f"No credentials from role {ROLE} of profile p: it needs an MFA code, and reflowtop asks for none;"
    " run `aws sts get-caller-identity --profile p`, which asks for the code."
)


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (cached(), (0, "")),
        (cached("2999-01-01T00:00:00UTC"), (0, "")),
        (cached("2020-01-01T00:00:00Z"), (3, MFA_FAILURE)),
        (cached("soon"), (3, MFA_FAILURE)),
        (cached("2999-01-01T00:00:00"), (3, MFA_FAILURE)),
        (cached()[:60], (3, MFA_FAILURE)),
        ("[]", (3, MFA_FAILURE)),
        ('{"Credentials": []}', (3, MFA_FAILURE)),
        ('{"Credentials": {"AccessKeyId": "A"}}', (3, MFA_FAILURE)),
        ("[" * 30_000, (3, MFA_FAILURE)),
    ],
)
async def test_a_session_with_mfa_of_the_aws_cli_is_used(setup: Setup, content: str, answer: tuple[int, str]) -> None:
    setup.configure(f"{PROFILE_ROLE}source_profile = base\n{MFA}{BASE}")
    assert await setup.ask() == (3, MFA_FAILURE)
    path = cli_cache_path(RoleArn=ROLE, SerialNumber="arn:aws:iam::123456789012:mfa/amy")
    setup.write({path: content})
    assert await setup.ask() == answer
    assert (setup.home / path).read_text() == content
