"""Credential processes: their failures in their own words."""

import pytest

from tests.support.aws_setups import KEYS, PROCESS, Setup


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


async def test_long_words_lose_their_middle(setup: Setup) -> None:
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
