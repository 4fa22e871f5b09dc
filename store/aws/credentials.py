"""The credentials of a session: found once for all requests, renewed in time, and again after a new login."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from store.aws.credential_failure import ProviderName, make_credentials_error
from store.aws.credential_providers import Credentials, Provider, make_providers
from store.errors import Error, ErrorKind, FailureReason

if TYPE_CHECKING:
    from aiobotocore.session import AioSession

# What AWS answers to credentials that it does not take, as against those that may not do what they are used for.
_REFUSED = re.compile(
    r"(Expired|Invalid|Missing.*)Token|TokenRefresh|UnrecognizedClient|Invalid(ClientTokenId|AccessKey)"
)
_RENEW_BEFORE = 900  # seconds before they expire, as botocore does
_WAIT_BEFORE = 30  # seconds: from then on, requests wait for new ones
_PAUSE = 60.0  # seconds between tries to renew credentials that are still valid
# botocore puts keys and tokens into headers; the secret key only signs, but a blank in it is never meant.
_UNSENDABLE = re.compile(r"[^\x21-\x7e]")
_VARIABLES = {"access_key": "AWS_ACCESS_KEY_ID", "secret_key": "AWS_SECRET_ACCESS_KEY", "token": "AWS_SESSION_TOKEN"}
_PARTS = {"access_key": "access key", "secret_key": "secret key", "token": "session token"}


class CredentialSource:
    """The source of the credentials of a session's clients, which takes the place of botocore's chain of providers.

    All requests share one search: at most one credential process runs at a time, and it goes on when a request that
    waits for it gives up. It ends with the last client. Credentials that expire within 15 minutes are renewed in the
    background; requests wait only for the last 30 seconds. A search that failed is repeated by the next request.
    """

    def __init__(self, session: "AioSession") -> None:
        self._session = session
        self._providers: Sequence[Provider] = ()
        self._found: Credentials | None = None
        self._frozen: Any = None
        self._search: asyncio.Task[Any] | None = None
        self._last_search = 0.0
        self._clients = 0

    # The interface of botocore's credential providers and of its credentials.

    async def load_credentials(self) -> "CredentialSource":
        """Return this source: nothing is read or run before the first request."""
        return self

    async def get_frozen_credentials(self) -> Any:
        """Return the keys to sign a request with. Raises Error NO_CREDENTIALS, naming the provider that failed."""
        if self._frozen is not None and not self._expires_within(_WAIT_BEFORE):
            if self._expires_within(_RENEW_BEFORE) and self._now() - self._last_search >= _PAUSE:
                self._start()
            return self._frozen
        return await asyncio.shield(self._start())

    async def get_account_id(self) -> str | None:
        """Return the account of the credentials, if their provider names it."""
        account: str | None = (await self.get_frozen_credentials()).account_id
        return account

    def get_deferred_property(self, _: str) -> Callable[[], None]:
        """Return a function for botocore's own use, which aiobotocore replaces by `get_account_id`."""
        return lambda: None

    # The interface of this package.

    @property
    def provider(self) -> ProviderName | None:
        """The provider of the current credentials; None before they are found."""
        return None if self._found is None else self._found.name

    @property
    def method(self) -> str:
        """botocore's name of that provider; empty before they are found."""
        return "" if self._found is None else str(self._found.inner.method)

    @property
    def expiry(self) -> datetime | None:
        """The time when the credentials expire, if it is known."""
        return None if self._found is None else getattr(self._found.inner, "_expiry_time", None)

    def forget(self) -> None:
        """Search all providers again with the next request: variables, files, the cache of a login."""
        self._found = self._frozen = None

    @contextlib.asynccontextmanager
    async def used(self) -> AsyncIterator[None]:
        """Hold the source open for a client; the last one to leave ends the search that may be under way."""
        self._clients += 1
        try:
            yield
        finally:
            self._clients -= 1
            if not self._clients and self._search is not None:
                self._search.cancel()
                await asyncio.wait({self._search})

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _expires_within(self, seconds: float) -> bool:
        return self._found is not None and self._found.expire_within(seconds)

    def _start(self) -> asyncio.Task[Any]:
        if self._search is None or self._search.done() or self._search.get_loop() is not asyncio.get_running_loop():
            self._search = asyncio.create_task(self._find())
            self._search.add_done_callback(_retrieve)
        return self._search

    async def _find(self) -> Any:
        self._last_search = self._now()
        found = self._found
        try:
            frozen = None
            if found is None:
                found = await self._search_providers()
                frozen = found.current(_WAIT_BEFORE)
            frozen = frozen or await found.get_frozen_credentials()
            _check(frozen, found)
        except Error:
            if self._frozen is None or self._expires_within(_WAIT_BEFORE):
                self.forget()
            raise
        self._found, self._frozen = found, frozen
        return frozen

    async def _search_providers(self) -> Credentials:
        if not self._providers:
            try:
                self._providers = make_providers(self._session)
            except Exception as error:
                raise make_credentials_error(ProviderName("the AWS configuration"), error) from error
        for provider in self._providers:
            if (found := await provider.load()) is not None:
                return found
        raise make_credentials_error(ProviderName("", _NONE_REMEDY), "no credentials found")


_NONE_REMEDY = "log in, name a profile with AWS_PROFILE, or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


def _retrieve(search: asyncio.Task[Any]) -> None:
    if not search.cancelled():
        search.exception()  # else asyncio complains about a search in the background


def _check(frozen: Any, found: Credentials) -> None:
    """Raise Error for keys that cannot be sent; botocore would send them, or talk of attacks."""
    for name, part in _PARTS.items():
        value = getattr(frozen, name)
        if value is None and name == "token":
            continue
        if not isinstance(value, str) or not value:
            raise make_credentials_error(found.name, f"its {part} is missing")
        if (wrong := _UNSENDABLE.search(value)) is None:
            continue
        place = "at its end" if wrong.end() == len(value) else f"after {wrong.start()} characters"
        if found.inner.method == "env":
            why = f"{_VARIABLES[name]} has {_describe(wrong[0])} {place}; export it again"
            raise Error(ErrorKind.INVALID, "credentials", (), why, FailureReason.SETTINGS)
        raise make_credentials_error(found.name, f"its {part} has {_describe(wrong[0])} {place}")


def _describe(character: str) -> str:
    if character in "\r\n":
        return "a line break"
    if character.isspace():
        return "a blank"
    return "a control character" if character <= "\x7f" else "a character other than ASCII"


def renew_when_refused(source: CredentialSource, client: Any) -> None:
    """Make `client` look for credentials again after a request that was refused for lack of valid ones.

    That request still fails; its error names the remedy for the provider of the credentials.
    """

    async def renew(parsed: dict[str, Any] | None = None, **_: Any) -> None:
        if parsed and _REFUSED.match(str(parsed.get("Error", {}).get("Code", ""))):
            if source.provider is not None:
                parsed.setdefault("ResponseMetadata", {})["Remedy"] = source.provider.remedy
            source.forget()

    client.meta.events.register("after-call", renew)
