"""Credential providers that fail, each in its own way: one sentence that names the provider, and exit status 3."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from store.aws.credential_providers import CLICache
from tests.support.aws_setups import BASE, KEYS, ROLE, Setup, cached, cli_cache_path, sso_token_path
from tests.support.fake_sts import DENIED, HTML, NOTHING, fake_sts

PROCESS = "No credentials from credential_process `~/login.sh --team genomics` of profile p: "
PROFILE_ROLE = f"role_arn = {ROLE}\n"
MFA = "mfa_serial = arn:aws:iam::123456789012:mfa/amy\n"
SSO = """sso_session = s
sso_account_id = 123456789012
sso_role_name = r
[sso-session s]
sso_region = us-west-2
sso_start_url = https://example.com/start
"""
LEGACY_SSO = """sso_account_id = 123456789012
sso_role_name = r
sso_region = us-west-2
sso_start_url = https://example.com/start
"""
LOOP = (
    "Infinite loop in credential configuration detected. Attempting to load from profile p which has already been"
    " visited. Visited profiles: ['p', 'q']"
)
TOKEN = json.dumps({"startUrl": "x", "accessToken": "t", "expiresAt": "2999-01-01T00:00:00Z", "region": "us-west-2"})


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Setup:
    return Setup(monkeypatch, tmp_path)


def expiring(value: str) -> str:
    return f'echo \'{KEYS[:-1]}, "SessionToken": "t", "Expiration": {value}}}\''


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (f"echo Hello from corp-login; echo '{KEYS}'", "its output is not JSON: Hello from corp-login"),
        (":", "it printed nothing"),
        ("echo not logged in >&2", "it printed nothing: not logged in"),
        ("echo null", "its output is not a JSON object"),
        ("echo '[1]'", "its output is not a JSON object"),
        ("printf '%100000s' | tr ' ' '['", "printed over 64 KB"),
        ("printf '%30000s' | tr ' ' '['", "its output is not JSON"),
        ('printf \'{"Version": 1, "x": "\\374"}\'', "its output is not JSON"),
        ("echo '{\"Version\": 2}'", "its output has Version 2, and only 1 is supported"),
        ("echo '{}'", "its output has Version None, and only 1 is supported"),
        ('echo \'{"Version": 1, "AccessKeyId": "made"}\'', "its output has no SecretAccessKey"),
        (
            'echo \'{"Version": 1, "AccessKeyId": 5, "SecretAccessKey": "x"}\'',
            "AccessKeyId in its output is not a string",
        ),
        (
            'echo \'{"Version": 1, "AccessKeyId": "", "SecretAccessKey": "x"}\'',
            "AccessKeyId in its output is not a string",
        ),
        (
            'echo \'{"Version": 1, "AccessKeyId": "a b", "SecretAccessKey": "x"}\'',
            "its access key has a blank after 1 characters",
        ),
        (expiring('"2020-01-01T00:00:00Z"'), "its credentials have already expired"),
        (expiring('"soon"'), "Unknown string format: soon"),
        (expiring("1234"), "Expiration in its output is not a string"),
        ("printf 'session abgelaufen f\\374r amy\\n' >&2; exit 1", "session abgelaufen f�r amy"),
        (
            "echo 'no session for corp; run: corp-login --team genomics' >&2; exit 1",
            "no session for corp; run: corp-login --team genomics",
        ),
        (
            "echo 'saml2aws session expired, run saml2aws login' >&2; exit 1",
            "saml2aws session expired, run saml2aws login",
        ),
        ("echo 'no session; run corp-login'; exit 1", "no session; run corp-login"),
        ("exit 7", "it ended with exit status 7, and printed nothing"),
        ("kill -9 $$", "it ended with signal 9, and printed nothing"),
        ("read x || { echo 'cannot read a code' >&2; exit 1; }", "cannot read a code"),
        ("echo 'https://amy:s3cretpw@corp/ is down' >&2; exit 1", "https://***@corp/ is down"),
        ("printf '\\033]52;c;xx\\007no session' >&2; exit 1", "␛]52;c;xx␇no session"),
        ("yes", "printed over 64 KB"),
        ("head -c 3000000 /dev/zero", "printed over 64 KB"),
    ],
)
async def test_a_credential_process_is_named_with_its_own_words(setup: Setup, script: str, words: str) -> None:
    setup.helper(script)
    assert await setup.ask() == (3, f"{PROCESS}{words}")


async def test_of_long_words_the_begin_and_the_end_are_kept(setup: Setup) -> None:
    setup.helper("yes 'File login.py' | head -n 20000 >&2; echo 'the real reason' >&2; exit 1")
    status, text = await setup.ask()
    assert status == 3
    assert text.startswith(f"{PROCESS}File login.py File")
    assert text.endswith("File login.py the real reason")
    assert len(text) < 800


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("{HOME}/nope", "`~/nope` of profile p: ~/nope: No such file or directory"),
        ("{HOME}/plain", "`~/plain` of profile p: ~/plain: Permission denied"),
        ("{HOME}/elf.sh", "`~/elf.sh` of profile p: ~/elf.sh: Exec format error"),
        ("{HOME}", "`~` of profile p: ~: Permission denied"),
        ("{HOME}/python.sh", "`~/python.sh` of profile p: ~/python.sh: No such file or directory"),
        ('"unclosed', '`"unclosed` of profile p: No closing quotation'),
        ("", "`` of profile p: it is empty"),
    ],
)
async def test_a_credential_process_that_cannot_be_started(setup: Setup, command: str, words: str) -> None:
    setup.configure(f"credential_process = {command}")
    setup.write({"plain": "x", "elf.sh": b"\x7fELFx", "python.sh": "#!/nope/python\n"})
    assert await setup.ask() == (3, f"No credentials from credential_process {words}")


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
async def test_what_sts_answers_is_quoted(setup: Setup, reply: bytes, words: str) -> None:
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


async def test_passwords_in_the_names_of_providers_are_masked(setup: Setup) -> None:
    setup.configure("credential_process = false https://amy:s3cretpw@corp/")
    words = "it ended with exit status 1, and printed nothing"
    text = f"No credentials from credential_process `false https://***@corp/` of profile p: {words}"
    assert await setup.ask() == (3, text)
    setup.set(AWS_PROFILE="", AWS_CONTAINER_CREDENTIALS_FULL_URI="http://amy:s3cretpw@example.com/")
    status, text = await setup.ask()
    assert (status, "s3cretpw" in text, "http://***@example.com/" in text) == (3, False, True)


async def test_a_login_of_aws_login_needs_an_extra(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiobotocore.credentials.EC", None)
    setup.configure("login_session = arn:aws:iam::123456789012:user/amy")
    text = (
        "No credentials from login of profile p: reflowtop lacks what logins of `aws login` need;"
        " pip install 'reflowtop[crt]', or log in with `aws sso login`."
    )
    assert await setup.ask() == (3, text)


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
