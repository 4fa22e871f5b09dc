"""Checks of the variables and files that AWS's libraries read: their own errors name neither variable nor file."""

import codecs
import configparser
import os
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from store.aws.url_masking import mask_url
from store.errors import Error, ErrorKind, FailureReason
from store.regular_file import find_file_problem, read_regular_file

if TYPE_CHECKING:
    from aiobotocore.session import AioSession

_MAX_CONFIG = 4 << 20  # bytes; botocore takes 5 s for a configuration file of this size
_MAX_BUNDLE = 16 << 20  # bytes of a file of certificates
_MAX_VALUE = 100  # characters of a value that are quoted
_DUPLICATES = (configparser.DuplicateOptionError, configparser.DuplicateSectionError)
_REGION = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)

# Files that may be missing, by the variable that names them.
_CONFIG_FILES = {
    "AWS_CONFIG_FILE": "~/.aws/config",
    "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
    "BOTO_CONFIG": "~/.boto",
    "AWS_CREDENTIAL_FILE": "",
}
_MASTER_ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_S3")
_ENDPOINTS = ("AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC", "AWS_ENDPOINT_URL_SIGNIN")


class _Value(NamedTuple):
    """A setting of AWS's libraries: its name in a profile, its variable, and its form."""

    name: str
    variable: str
    form: str
    is_valid: Callable[[str], bool]


def _choice(name: str, *values: str) -> _Value:
    return _Value(name, f"AWS_{name.upper()}", " or ".join(values), lambda text: text.lower() in values)


def _whole(name: str, least: int, form: str) -> _Value:
    return _Value(name, f"AWS_{name.upper()}", form, lambda text: _is_whole(text, least))


def _is_whole(text: str, least: int) -> bool:
    return text.isascii() and text.strip().isdigit() and len(text) < 10 and int(text) >= least


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and "@" not in text
    except ValueError:
        return False


_VALUES = (
    _whole("metadata_service_timeout", 1, "a number of seconds such as 5"),
    _whole("metadata_service_num_attempts", 1, "a number such as 3"),
    _whole("request_min_compression_size_bytes", 0, "a number of bytes such as 10240"),
    _choice("defaults_mode", "legacy", "standard", "in-region", "cross-region", "mobile", "auto"),
    _choice("sts_regional_endpoints", "legacy", "regional"),
    _choice("account_id_endpoint_mode", "preferred", "disabled", "required"),
    _choice("request_checksum_calculation", "when_supported", "when_required"),
    _choice("response_checksum_validation", "when_supported", "when_required"),
    _choice("ec2_metadata_service_endpoint_mode", "ipv4", "ipv6"),
    _choice("s3_disable_express_session_auth", "true", "false"),
)


def check_files(environ: Mapping[str, str]) -> None:
    """Check what AWS's libraries read before they know any profile. Raises Error with reason SETTINGS.

    Call it before they are imported: a wrong SSLKEYLOGFILE fails the import.
    """
    for variable, default in _CONFIG_FILES.items():
        path = environ.get(variable) or default
        if path and _exists(path) and (trouble := find_file_problem(path, _MAX_CONFIG)):
            origin = f"{variable}={path}" if environ.get(variable) else path
            remedy = "name another file, or unset it" if environ.get(variable) else "move it away"
            raise _wrong(f"{origin} cannot be read: {trouble}; {remedy}")
    for variable in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        if bundle := environ.get(variable):
            _check_bundle(f"{variable}={bundle}", bundle)
            break  # the other is not used
    if (key_log := environ.get("SSLKEYLOGFILE")) and not _is_writable(key_log):
        raise _wrong(f"SSLKEYLOGFILE={key_log} cannot be written; name another file, or unset it")


def check_values(session: "AioSession", environ: Mapping[str, str], endpoint_url: str | None) -> None:
    """Check the values that a session takes from variables, or from its profile. Raises Error with reason SETTINGS.

    `endpoint_url` is that of the user, in place of those of the variables.
    """
    name = session.get_config_variable("profile") or "default"
    profile = session.get_scoped_config()  # raises an error that names the profile if there is none
    for each in _VALUES:
        value, origin = environ.get(each.variable), each.variable
        if not value:
            value, origin = profile.get(each.name), f"in the AWS profile {name!r}, {each.name}"
        if isinstance(value, str) and not each.is_valid(value):
            raise _wrong(f"{origin}={value[:_MAX_VALUE]} is not {each.form}; correct or unset it")
    if not environ.get("AWS_CA_BUNDLE") and isinstance(bundle := profile.get("ca_bundle"), str):
        _check_bundle(f"in the AWS profile {name!r}, ca_bundle={bundle}", bundle)
    names = _ENDPOINTS if endpoint_url else (*_MASTER_ENDPOINTS, *_ENDPOINTS)
    for variable in (*names, "AWS_EC2_METADATA_SERVICE_ENDPOINT"):
        if (url := environ.get(variable)) and not _is_url(url):
            shown = mask_url(url)[:_MAX_VALUE]
            raise _wrong(f"{variable}={shown} is not a URL such as https://vpce-1.example.com; correct or unset it")


def check_syntax(error: Exception) -> None:
    """Raise Error with reason SETTINGS, with the line and what is wrong there, for botocore's error about a file."""
    from botocore.exceptions import ConfigParseError

    if not isinstance(error, ConfigParseError):
        return
    path = str(error.kwargs["path"])
    try:
        data = read_regular_file(path, _MAX_CONFIG)
        parser = configparser.RawConfigParser(default_section="")
        parser.read_string(data.decode())
    except UnicodeDecodeError as wrong:
        raise _wrong(f"{path}, line {data.count(10, 0, wrong.start) + 1}: not UTF-8; save the file as UTF-8") from error
    except configparser.MissingSectionHeaderError as wrong:
        if data.startswith(codecs.BOM_UTF8):
            raise _wrong(f"{path}, line 1: begins with a byte order mark; save the file without one") from error
        raise _wrong(f"{path}, line {wrong.lineno}: no section such as [default] above; correct it") from error
    except configparser.Error as wrong:
        line = getattr(wrong, "lineno", None) or next((line for line, _ in getattr(wrong, "errors", ())), None)
        what = "given twice" if isinstance(wrong, _DUPLICATES) else "not of the form name = value"
        raise _wrong(f"{path}{f', line {line}' if line else ''}: {what}; correct it") from error
    except OSError as wrong:
        raise _wrong(f"{path} cannot be read: {wrong.strerror}") from error
    raise _wrong(f"{path} has a nested section that is not of the form name = value; correct it") from error


def check_region(region: str, origin: str) -> None:
    """Raise Error with reason SETTINGS for a region that could not be part of a host name."""
    if not _REGION.fullmatch(region):
        raise _wrong(f"{origin} {region[:_MAX_VALUE]!r} is not a region such as us-west-2; correct it")


def _exists(path: str) -> bool:
    try:
        return os.path.lexists(Path(path).expanduser())
    except (RuntimeError, ValueError):
        return False


def _check_bundle(origin: str, path: str) -> None:
    import ssl

    trouble = find_file_problem(path, _MAX_BUNDLE)
    if not trouble:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
        except (OSError, ValueError):
            trouble = "it has no valid certificates in PEM form"
    if trouble:
        raise _wrong(f"{origin} cannot be used: {trouble}; name a file of certificates, or unset it")


def _is_writable(path: str) -> bool:
    try:
        mode = Path(path).stat().st_mode
    except FileNotFoundError:
        return os.access(Path(path).parent, os.W_OK)
    except (OSError, ValueError):
        return False
    return (stat.S_ISREG(mode) or path == os.devnull) and os.access(path, os.W_OK)


def _wrong(why: str) -> Error:
    return Error(ErrorKind.INVALID, "open session", (), why, FailureReason.SETTINGS)
