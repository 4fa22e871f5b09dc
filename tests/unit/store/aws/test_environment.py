"""Variables and files of AWS's libraries that are wrong: one line that names them, the value and the remedy."""

import os
from pathlib import Path

import pytest

from tests.support.aws_setups import Setup

KEYS = {"AWS_PROFILE": "", "AWS_ACCESS_KEY_ID": "made", "AWS_SECRET_ACCESS_KEY": "up"}
KEEP = "name a file of certificates, or unset it"
UNSET = "correct or unset it"
MODES = "legacy or standard or in-region or cross-region or mobile or auto"
AGAIN = "export it again"


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Setup:
    setup = Setup(monkeypatch, tmp_path)
    setup.set(**KEYS)
    return setup


@pytest.mark.parametrize(
    ("variable", "value", "text"),
    [
        ("AWS_SESSION_TOKEN", "abc\ndef", f"AWS_SESSION_TOKEN has a line break after 3 characters; {AGAIN}"),
        ("AWS_SESSION_TOKEN", "abc\n", f"AWS_SESSION_TOKEN has a line break at its end; {AGAIN}"),
        ("AWS_SESSION_TOKEN", "abc\x01", f"AWS_SESSION_TOKEN has a control character at its end; {AGAIN}"),
        ("AWS_ACCESS_KEY_ID", "AKID X", f"AWS_ACCESS_KEY_ID has a blank after 4 characters; {AGAIN}"),
        ("AWS_ACCESS_KEY_ID", "AKIDé", f"AWS_ACCESS_KEY_ID has a character other than ASCII at its end; {AGAIN}"),
        ("AWS_SECRET_ACCESS_KEY", "s3cret\r", f"AWS_SECRET_ACCESS_KEY has a line break at its end; {AGAIN}"),
        ("AWS_METADATA_SERVICE_TIMEOUT", "5s", f"is not a number of seconds such as 5; {UNSET}"),
        ("AWS_METADATA_SERVICE_TIMEOUT", "0", f"is not a number of seconds such as 5; {UNSET}"),
        ("AWS_METADATA_SERVICE_TIMEOUT", "9" * 5000, f"is not a number of seconds such as 5; {UNSET}"),
        ("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "many", f"is not a number such as 3; {UNSET}"),
        ("AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES", "big", f"is not a number of bytes such as 10240; {UNSET}"),
        (
            "AWS_DEFAULTS_MODE",
            "bogus",
            f"is not legacy or standard or in-region or cross-region or mobile or auto; {UNSET}",
        ),
        ("AWS_STS_REGIONAL_ENDPOINTS", "bogus", f"is not legacy or regional; {UNSET}"),
        ("AWS_ACCOUNT_ID_ENDPOINT_MODE", "bogus", f"is not preferred or disabled or required; {UNSET}"),
        ("AWS_REQUEST_CHECKSUM_CALCULATION", "bogus", f"is not when_supported or when_required; {UNSET}"),
        ("AWS_RESPONSE_CHECKSUM_VALIDATION", "bogus", f"is not when_supported or when_required; {UNSET}"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv9", f"is not ipv4 or ipv6; {UNSET}"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "nonsense", f"is not a URL such as https://vpce-1.example.com; {UNSET}"),
        ("AWS_ENDPOINT_URL_STS", "nonsense", f"is not a URL such as https://vpce-1.example.com; {UNSET}"),
        ("AWS_CA_BUNDLE", "/nope.pem", f"cannot be used: no such file or directory; {KEEP}"),
        ("AWS_CA_BUNDLE", "{HOME}", f"cannot be used: it is a directory; {KEEP}"),
        ("AWS_CA_BUNDLE", "{HOME}/text", f"cannot be used: it has no valid certificates in PEM form; {KEEP}"),
        ("AWS_CA_BUNDLE", "{HOME}/bad.pem", f"cannot be used: it has no valid certificates in PEM form; {KEEP}"),
        ("AWS_CA_BUNDLE", "/dev/null", f"cannot be used: it has no valid certificates in PEM form; {KEEP}"),
        ("AWS_CA_BUNDLE", "{HOME}/fifo", f"cannot be used: it is a FIFO; {KEEP}"),
        ("AWS_CA_BUNDLE", "/dev/zero", f"cannot be used: it is a device; {KEEP}"),
        ("REQUESTS_CA_BUNDLE", "/nope.pem", f"cannot be used: no such file or directory; {KEEP}"),
        ("SSLKEYLOGFILE", "/nope/keys", "cannot be written; name another file, or unset it"),
        ("SSLKEYLOGFILE", "{HOME}/fifo", "cannot be written; name another file, or unset it"),
        ("AWS_CONFIG_FILE", "{HOME}/fifo", "cannot be read: it is a FIFO; name another file, or unset it"),
        ("AWS_CONFIG_FILE", "/dev/zero", "cannot be read: it is a device; name another file, or unset it"),
        ("AWS_SHARED_CREDENTIALS_FILE", "{HOME}", "cannot be read: it is a directory; name another file, or unset it"),
        ("BOTO_CONFIG", "{HOME}/fifo", "cannot be read: it is a FIFO; name another file, or unset it"),
        (
            "AWS_CREDENTIAL_FILE",
            "{HOME}/loop",
            "cannot be read: too many levels of symbolic links; name another file, or unset it",
        ),
    ],
)
async def test_a_variable_that_is_wrong_is_named(setup: Setup, variable: str, value: str, text: str) -> None:
    setup.write({"text": "no certificates", "bad.pem": "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"})
    os.mkfifo(setup.home / "fifo")
    (setup.home / "loop").symlink_to(setup.home / "loop")
    setup.set(**{variable: value})
    answer = await setup.ask()
    shown = value.replace("{HOME}", "~")[:100]
    assert answer == (2, text if text.startswith(variable) else f"{variable}={shown} {text}")


async def test_a_variable_whose_name_is_that_of_a_secret_is_named_without_its_value(setup: Setup) -> None:
    setup.set(AWS_S3_DISABLE_EXPRESS_SESSION_AUTH="bogus")
    status, text = await setup.ask()
    assert status == 2
    assert text.startswith("AWS_S3_DISABLE_EXPRESS_SESSION_AUTH=")
    assert text.endswith(" is not true or false; correct or unset it")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("metadata_service_timeout = 5s", f"metadata_service_timeout=5s is not a number of seconds such as 5; {UNSET}"),
        ("defaults_mode = bogus", "defaults_mode=bogus is not legacy or standard or in-region"),
        ("ca_bundle = /nope.pem", f"ca_bundle=/nope.pem cannot be used: no such file or directory; {KEEP}"),
    ],
)
async def test_a_value_in_a_profile_that_is_wrong_is_named(setup: Setup, line: str, text: str) -> None:
    setup.set(AWS_PROFILE="p")
    setup.configure(line)
    status, shown = await setup.ask()
    assert status == 2
    assert shown.startswith(f"in the AWS profile 'p', {text}")


@pytest.mark.parametrize("name", ["config", "credentials"])
@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("nonsense", ", line 1: no section such as [default] above; correct it"),
        (b"\xef\xbb\xbf[default]\n", ", line 1: begins with a byte order mark; save the file without one"),
        ("[default]\n".encode("utf-16"), ", line 1: not UTF-8; save the file as UTF-8"),
        (b"[default]\n# f\xfcr\n", ", line 2: not UTF-8; save the file as UTF-8"),
        ("[default]\na = 1\na = 2\n", ", line 3: given twice; correct it"),
        ("[default]\n[default]\n", ", line 2: given twice; correct it"),
        ("[default]\nnonsense\n", ", line 2: not of the form name = value; correct it"),
        (b"\0\0\0", ", line 1: no section such as [default] above; correct it"),
        ("[default]\ns3 =\n  nonsense\n", " has a nested section that is not of the form name = value; correct it"),
        (b"[default]\n" + b"# x\n" * 2_000_000, " cannot be read: it has over 4096 KB; move it away"),
    ],
)
async def test_a_configuration_file_that_is_damaged_is_named(
    setup: Setup, name: str, content: str | bytes, text: str
) -> None:
    setup.write({f".aws/{name}": content})
    assert await setup.ask() == (2, f"~/.aws/{name}{text}")


@pytest.mark.parametrize("region", ["us-west-2\n", " us-west-2", "us west", "é", "x" * 100])
async def test_a_region_that_cannot_be_a_host_is_named(setup: Setup, region: str) -> None:
    setup.set(AWS_REGION=region)
    assert await setup.ask() == (2, f"AWS_REGION {region[:100]!r} is not a region such as us-west-2; correct it")
    setup.set(AWS_REGION="")
    status, text = await setup.ask(region=region)
    assert (status, text) == (2, f"the region {region[:100]!r} is not a region such as us-west-2; correct it")


@pytest.mark.parametrize("value", ["nonsense", "http://amy:s3cretpw@h", "ftp://h", "http://", "http://h:x"])
async def test_an_endpoint_in_a_variable_that_is_wrong_is_named_without_its_password(setup: Setup, value: str) -> None:
    setup.set(AWS_ENDPOINT_URL_DYNAMODB=value)
    assert await setup.ask() == (0, "")  # --endpoint-url takes precedence
    status, text = await setup.ask(endpoint_url=None)
    assert status == 2
    shown = value.replace("amy:s3cretpw", "***")
    assert text == f"AWS_ENDPOINT_URL_DYNAMODB={shown} is not a URL such as https://vpce-1.example.com; {UNSET}"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWS_CONFIG_FILE", "/nope"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/nope"),
        ("BOTO_CONFIG", "/nope"),
        ("AWS_DEFAULTS_MODE", "Standard"),
        ("AWS_MAX_ATTEMPTS", "x"),
        ("AWS_RETRY_MODE", "bogus"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "bogus"),
        ("AWS_DATA_PATH", "/nope"),
        ("AWS_EXECUTION_ENV", "a\nb"),
        ("AWS_SDK_UA_APP_ID", "a\nb"),
        ("SSLKEYLOGFILE", "{HOME}/keys"),
    ],
)
async def test_values_that_do_no_harm_are_accepted(setup: Setup, variable: str, value: str) -> None:
    setup.set(**{variable: value})
    assert await setup.ask() == (0, "")
