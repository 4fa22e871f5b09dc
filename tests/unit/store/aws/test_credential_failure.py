import pytest

from store import Error, ErrorKind, FailureReason
from store.aws.credential_failure import ProviderName, make_credentials_error, tidy

NAME = ProviderName("login of profile p", "run `aws login`")


class BrokenError(Exception):
    """An exception of a library without a text."""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyError("SecretAccessKey"), "its reply lacks 'SecretAccessKey'"),
        (FileNotFoundError(2, "No such file", "/nope"), "/nope: No such file"),
        (AttributeError("'NoneType' object has no attribute 'get'"), "its reply is malformed"),
        (b"\xff".decode, "it is not UTF-8"),
        (ValueError("no session.\n try https://amy:pw@corp/"), "no session. try https://***@corp/"),
        (BrokenError(), "BrokenError"),
        ("none\n there", "none there"),
    ],
)
def test_any_exception_becomes_an_error_with_its_words(error: object, words: str) -> None:
    if callable(error):
        with pytest.raises(UnicodeDecodeError) as raised:
            error()
        error = raised.value
    made = make_credentials_error(NAME, error)  # type: ignore[arg-type]
    assert (made.kind, made.reason) == (ErrorKind.NOT_ALLOWED, FailureReason.NO_CREDENTIALS)
    assert str(made).startswith(f"credentials: access denied: login of profile p: {words}")
    assert str(made).endswith("; run `aws login`")


@pytest.mark.parametrize(
    ("error", "kind"), [(ConnectionResetError(), ErrorKind.NET), (TimeoutError(), ErrorKind.TIMEOUT)]
)
def test_a_failure_of_the_network_stays_temporary(error: Exception, kind: ErrorKind) -> None:
    made = make_credentials_error(NAME, error)
    assert (made.kind, made.reason) == (kind, FailureReason.NO_CREDENTIALS)


def test_the_innermost_provider_is_named() -> None:
    inner = make_credentials_error(NAME, "no session")
    assert make_credentials_error(ProviderName("role r"), inner) is inner


def test_an_error_of_its_own_is_kept() -> None:
    error = Error(ErrorKind.INVALID)
    assert make_credentials_error(NAME, error) is error


def test_long_texts_keep_the_begin_and_the_end() -> None:
    assert tidy(" a\n b ") == "a b"
    long = tidy(f"first {'x' * 10_000} last")
    assert (long[:6], long[-5:], len(long)) == ("first ", " last", 603)
