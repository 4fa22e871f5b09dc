"""The failure of a credential provider: the provider, its own words, and the remedy for its kind."""

import re
from typing import Any, NamedTuple

from store.aws.error_mapping import is_temporary, map_exception
from store.aws.failure_causes import CredentialsFailure, ProxyFailure
from store.aws.url_masking import mask_userinfo
from store.errors import Error, ErrorKind, FailureReason

OPERATION = "credentials"
_NO_TOKEN = re.compile(r"Token for (\S+) does not exist")
_WRAPPED = "An HTTP Client raised an unhandled exception"
_MAX_WORDS = 600  # characters: whole messages of helpers, of stack traces the end


class ProviderName(NamedTuple):
    """The name of a credential provider for messages, and what a user can do when it fails; `remedy` may be empty."""

    text: str
    remedy: str = ""


def make_credentials_error(provider: ProviderName, error: BaseException | str, remedy: str | None = None) -> Error:
    """Return the Error NO_CREDENTIALS for anything that a provider raised, whatever its type.

    It is temporary if the same request may soon succeed, as when STS throttles. `remedy` takes the place of the
    provider's. An Error is returned unchanged: it names an inner provider, such as that of a source profile.
    """
    if isinstance(error, Error):
        return error
    kind = ErrorKind.NOT_ALLOWED
    words = error if isinstance(error, str) else _own_words(error)
    if isinstance(error, Exception):
        mapped = map_exception(error, OPERATION)
        kind = mapped.kind if is_temporary(mapped) else kind
        if isinstance(mapped.cause, ProxyFailure):
            words, remedy = str(mapped.cause), mapped.cause.remedy
    failure = CredentialsFailure(provider.text, tidy(words).rstrip("."), provider.remedy if remedy is None else remedy)
    return Error(kind, OPERATION, (), failure, FailureReason.NO_CREDENTIALS)


def tidy(text: str) -> str:
    """Return `text` on one line, without passwords in URLs; of over 600 characters the first 100 and the last 500."""
    line = " ".join(mask_userinfo(text).split())
    return line if len(line) <= _MAX_WORDS else f"{line[:100]} … {line[-_MAX_WORDS + 100 :]}"


def _own_words(error: BaseException) -> str:
    """Return what the provider says, without the words that botocore and Python put around it."""
    details: dict[str, Any] = getattr(error, "kwargs", {})
    if isinstance(words := details.get("error_msg"), str):
        # Redaction would take what follows "Token" for one.
        return _NO_TOKEN.sub(r"no login to \1 is cached", words)
    if str(error).startswith(_WRAPPED) and isinstance(inner := details.get("error"), Exception):
        return _own_words(inner)
    response = getattr(error, "response", None)
    if isinstance(response, dict) and (message := response.get("Error", {}).get("Message")):
        return str(message)
    match error:
        case KeyError():
            return f"its reply lacks {error}"
        case UnicodeDecodeError():
            return "it is not UTF-8"
        case OSError() if error.filename is not None and error.strerror:
            return f"{error.filename}: {error.strerror}"
        case RuntimeError() if "still expired" in str(error):  # of botocore
            return "its credentials have already expired"
        case AttributeError() | TypeError() | IndexError():
            return f"its reply is malformed ({error})"
    return str(error) or type(error).__name__
