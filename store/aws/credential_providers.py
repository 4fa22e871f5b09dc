"""The credential providers of a session: botocore's, each named in its failures. None of them can ask or hang."""

import functools
import json
import os
import shlex
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from store.aws.credential_failure import ProviderName, make_credentials_error
from store.aws.failure_causes import EXPORT_AGAIN
from store.aws.helper_process import HelperError, run_helper
from store.aws.token_files import CONTAINER_URIS, find_token_problem
from store.aws.url_masking import mask_url, mask_userinfo
from store.regular_file import read_regular_file

if TYPE_CHECKING:
    from aiobotocore.session import AioSession

T = TypeVar("T")

_MAX_CACHED = 1 << 16  # bytes of a file in the cache of the AWS CLI
_MAX_COMMAND = 100  # characters of a command that are shown
_MAX_WORD = 19  # characters; the shortest of AWS's keys has 20
_WITHOUT_LOGIN = "pip install 'reflowtop[crt]', or log in with `aws sso login`"


class MFANeeded(Exception):  # noqa: N818 - of a provider, whose failure is an Error
    """A role needs an MFA code, and no session of the AWS CLI with one is cached."""


class Credentials:
    """The credentials that a provider has found. They may still fail when they are renewed."""

    def __init__(self, inner: Any, name: ProviderName, check: Callable[[], str]) -> None:
        self.inner = inner
        self.name = name
        self._check = check

    def expire_within(self, seconds: float) -> bool:
        """Return whether these credentials are known to expire within so many seconds."""
        return hasattr(self.inner, "refresh_needed") and bool(self.inner.refresh_needed(seconds))

    def current(self, seconds: float) -> Any:
        """Return botocore's keys if they are valid for so many seconds; else None, or if it is not known.

        botocore would renew at once those that expire within 15 minutes, such as all of some helpers.
        """
        return None if self.expire_within(seconds) else getattr(self.inner, "_frozen_credentials", None)

    async def get_frozen_credentials(self) -> Any:
        """Return botocore's keys, renewed if they expire within 15 minutes. Raises Error NO_CREDENTIALS."""
        return await _guard(self.name, self._check, self.inner.get_frozen_credentials)


class Provider:
    """A provider of botocore whose failures are Errors NO_CREDENTIALS that name it."""

    def __init__(self, inner: Any, profile: str, session: "AioSession") -> None:
        self.METHOD: str = inner.METHOD
        self.CANONICAL_NAME = getattr(inner, "CANONICAL_NAME", None)
        self._inner = inner
        self._profile = profile
        self._session = session

    async def load(self) -> Credentials | None:
        """Return credentials, or None if this provider is not configured. Raises Error NO_CREDENTIALS."""
        settings = self._session.full_config.get("profiles", {}).get(self._profile, {})
        settings = settings if isinstance(settings, dict) else {}
        name = describe_provider(self.METHOD, self._profile, settings)
        check = functools.partial(find_token_problem, self.METHOD, settings)
        found = await _guard(name, check, self._inner.load)
        return None if found is None else Credentials(found, name, check)


async def _guard(name: ProviderName, check: Callable[[], str], call: Callable[[], Awaitable[T]]) -> T:
    if trouble := check():
        raise make_credentials_error(name, trouble)
    try:
        return await call()
    except Exception as error:
        remedy = _find_remedy(name, error)
        what = "reflowtop lacks what logins of `aws login` need" if remedy == _WITHOUT_LOGIN else error
        raise make_credentials_error(name, what, remedy) from error


def _find_remedy(name: ProviderName, error: Exception) -> str | None:
    """Return the remedy for a failure that is not of the kind of its provider; None for the others."""
    from botocore import exceptions as boto

    if isinstance(error, boto.MissingDependencyException):
        return _WITHOUT_LOGIN
    if isinstance(error, MFANeeded | boto.RefreshWithMFAUnsupportedError):
        profile = name.text.rpartition(" of profile ")[2]
        return f"run `aws sts get-caller-identity --profile {profile}`, which asks for the code"
    return None


def make_providers(session: "AioSession") -> Sequence[Provider]:
    """Return the providers of a session, in the order in which botocore asks them.

    Sessions of the AWS CLI in ~/.aws/cli/cache are used, as by the AWS CLI itself, but never written there.
    """
    from aiobotocore.credentials import create_credential_resolver

    region = session.get_config_variable("region")
    resolver = create_credential_resolver(session, cache=cast("Any", CLICache()), region_name=region)
    profile = session.get_config_variable("profile") or "default"

    def guard(inner: Any, name: str = profile) -> Provider:
        if inner.METHOD == "custom-process":
            inner._retrieve_credentials_using = functools.partial(_run_process, name)  # noqa: SLF001
        return Provider(inner, name, session)

    assume_role: Any = resolver.get_provider("assume-role")
    assume_role._prompter = _refuse_mfa  # noqa: SLF001 - botocore offers no other way
    # A role's source profile gets providers of its own, and its `credential_source` some of the others.
    builder = assume_role._profile_provider_builder  # noqa: SLF001
    make_inner = builder.providers
    builder.providers = lambda profile_name, disable_env_vars=False: [
        guard(each, profile_name) for each in make_inner(profile_name, disable_env_vars)
    ]
    sourcer = assume_role._credential_sourcer  # noqa: SLF001
    sourcer._providers = [guard(each) for each in sourcer._providers]  # noqa: SLF001
    return [guard(each) for each in resolver.providers]


def describe_provider(method: str, profile: str, settings: Mapping[str, Any]) -> ProviderName:
    """Return the name of botocore's provider `method` for a profile with these `settings`, and its remedy."""
    of_profile = f"of profile {shlex.quote(profile)}"
    option = f"--profile {shlex.quote(profile)}"
    match method:
        case "env":
            until = ", AWS_CREDENTIAL_EXPIRATION" if os.environ.get("AWS_CREDENTIAL_EXPIRATION") else ""
            return ProviderName(f"the environment (AWS_ACCESS_KEY_ID{until})", EXPORT_AGAIN)
        case "shared-credentials-file":
            file = os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials"
            return ProviderName(f"{file}, profile {shlex.quote(profile)}")
        case "config-file":
            return ProviderName(
                f"{os.environ.get('AWS_CONFIG_FILE') or '~/.aws/config'}, profile {shlex.quote(profile)}"
            )
        case "assume-role":
            return ProviderName(f"role {settings.get('role_arn', '')} {of_profile}")
        case "assume-role-with-web-identity":
            if "web_identity_token_file" in settings:
                return ProviderName(f"the web identity {of_profile}")
            return ProviderName("the web identity in AWS_WEB_IDENTITY_TOKEN_FILE")
        case "custom-process":
            command = mask_userinfo(str(settings.get("credential_process", "")))
            shown = command if len(command) <= _MAX_COMMAND else f"{command[:_MAX_COMMAND]}…"
            return ProviderName(f"credential_process `{shown}` {of_profile}")
        case "sso":
            return ProviderName(f"SSO login {of_profile}", f"run `aws sso login {option}`")
        case "login":
            return ProviderName(f"login {of_profile}", f"run `aws login {option}`")
        case "container-role":
            variable = next((each for each in CONTAINER_URIS if each in os.environ), CONTAINER_URIS[0])
            return ProviderName(f"{mask_url(os.environ.get(variable, ''))} ({variable})")
        case "iam-role":
            return ProviderName("the EC2 instance metadata service")
        case _:
            return ProviderName(f"{method} {of_profile}")


def _refuse_mfa(_: str) -> NoReturn:
    raise MFANeeded("it needs an MFA code, and reflowtop asks for none")


async def _run_process(profile: str, command: str) -> dict[str, Any]:
    """Return the credentials that a `credential_process` prints, in botocore's form."""
    arguments = shlex.split(command)
    if not arguments:
        raise HelperError("it is empty")
    name = describe_provider("custom-process", profile, {"credential_process": command})
    ended = await run_helper(arguments, name.text)
    if ended.status:
        words = ended.words.decode(errors="replace").strip() or ended.output.decode(errors="replace").strip()
        status = f"signal {-ended.status}" if ended.status < 0 else f"exit status {ended.status}"
        raise HelperError(words or f"it ended with {status}, and printed nothing")
    try:
        printed = json.loads(ended.output)
    except (ValueError, RecursionError) as error:
        words = ended.words.decode(errors="replace").strip() or _first_line(ended.output)
        shown = "its output is not JSON" if ended.output.strip() else "it printed nothing"
        raise HelperError(f"{shown}{f': {words}' if words else ''}") from error
    return _parse_process_output(printed)


def _first_line(output: bytes) -> str:
    """Return the first line of an output that is not JSON, unless it may hold a key."""
    line = output.decode(errors="replace").strip().partition("\n")[0][:_MAX_COMMAND]
    return "" if "{" in line or any(len(word) > _MAX_WORD for word in line.split()) else line


def _parse_process_output(printed: object) -> dict[str, Any]:
    if not isinstance(printed, dict):
        raise HelperError("its output is not a JSON object")
    if printed.get("Version") != 1:
        raise HelperError(f"its output has Version {printed.get('Version')!r:.20}, and only 1 is supported")
    names = {"access_key": "AccessKeyId", "secret_key": "SecretAccessKey", "token": "SessionToken"}
    names |= {"expiry_time": "Expiration", "account_id": "AccountId"}
    for name in names.values():
        value = printed.get(name)
        if not (isinstance(value, str) and value) and (value is not None or name in ("AccessKeyId", "SecretAccessKey")):
            raise HelperError(f"its output has no {name}" if value is None else f"{name} in its output is not a string")
    return {ours: printed.get(name) for ours, name in names.items()}


class CLICache(MutableMapping[str, Any]):
    """Temporary credentials by the digest of what they are for: those of the AWS CLI's cache, and our own in memory.

    The folder is only read. What is damaged, or no set of credentials, counts as absent.
    """

    def __init__(self, folder: Path = Path("~/.aws/cli/cache")) -> None:
        self._folder = folder
        self._own: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        if key in self._own:
            return self._own[key]
        try:
            path = self._folder.expanduser() / f"{key}.json"
            value = json.loads(read_regular_file(path, _MAX_CACHED))
        except (OSError, ValueError, RuntimeError) as error:
            raise KeyError(key) from error
        if not _are_credentials(value):
            raise KeyError(key)
        return value

    def __setitem__(self, key: str, value: Any) -> None:
        self._own[key] = value

    def __delitem__(self, key: str) -> None:
        del self._own[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._own)

    def __len__(self) -> int:
        return len(self._own)


def _are_credentials(value: object) -> bool:
    credentials = value.get("Credentials") if isinstance(value, dict) else None
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
    if not isinstance(credentials, dict) or not all(isinstance(credentials.get(each), str) for each in names):
        return False
    try:
        # The AWS CLI writes `UTC` rather than `Z`.
        return datetime.fromisoformat(credentials["Expiration"].replace("UTC", "Z")).tzinfo is not None
    except ValueError:
        return False
