"""A home folder, environment variables and files of AWS's libraries, and what a command says about them."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.credentials import SSOProvider
from botocore.tokens import SSOTokenProvider

from store import Error
from store.dynamo.client import ReadClient
from tests.support.fake_aws import PAGE, fake_aws, ok, use_made_up_credentials
from tui.exit_status import find_exit_code
from tui.text.redaction import redact
from tui.text.safe import safe
from tui.watch.polling.error_texts import explain

ROLE = "arn:aws:iam::123456789012:role/r"
BASE = "[profile base]\naws_access_key_id = made\naws_secret_access_key = up\n"
KEYS = '{"Version": 1, "AccessKeyId": "made", "SecretAccessKey": "up"}'
PROFILE_ROLE = f"role_arn = {ROLE}\n"
SSO = """sso_session = s
sso_account_id = 123456789012
sso_role_name = r
[sso-session s]
sso_region = us-west-2
sso_start_url = https://example.com/start
"""
PROCESS = "No credentials from credential_process `~/login.sh --team genomics` of profile p: "


class Answer(NamedTuple):
    """The exit status of a command and the text that it would print, with `~` for the home folder; none on success."""

    status: int
    text: str


class Setup:
    """The home folder of a user without any credentials, who has set the region and the profile `p`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
        self.home = home
        self._monkeypatch = monkeypatch
        use_made_up_credentials(monkeypatch)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            monkeypatch.delenv(name, raising=False)
        # botocore looks up the home folder when it is imported.
        for owner in (SSOProvider, SSOTokenProvider):
            monkeypatch.setattr(owner, "_SSO_TOKEN_CACHE_DIR", str(home / ".aws/sso/cache"))
        self.set(HOME=str(home), AWS_PROFILE="p")

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            if value:
                self._monkeypatch.setenv(name, value.replace("{HOME}", str(self.home)))
            else:
                self._monkeypatch.delenv(name, raising=False)

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            text = content.replace("{HOME}", str(self.home)) if isinstance(content, str) else content
            path.write_bytes(text.encode() if isinstance(text, str) else text)
            if name.endswith(".sh"):
                path.chmod(0o755)

    def configure(self, profile: str) -> None:
        """Write the profile `p`."""
        self.write({".aws/config": f"[profile p]\n{profile}\n"})

    def helper(self, script: str) -> None:
        """Make a shell script the credential process of the profile `p`."""
        self.configure("credential_process = {HOME}/login.sh --team genomics")
        self.write({"login.sh": f"#!/bin/sh\n{script}\n"})

    async def ask(self, **options: Any) -> Answer:
        """Send one request with the credentials of this user."""
        async with fake_aws(ok(PAGE)) as server:
            try:
                async with ReadClient.open(**{"endpoint_url": server.url, **options}) as client:
                    await client.query(TableName="reflow")
            except Error as error:
                text = safe(" ".join(redact(explain(error).replace(str(self.home), "~")).split()))
                return Answer(find_exit_code(error), text)
        return Answer(0, "")


def sso_token_path(name: str) -> str:
    """The file in which the AWS CLI keeps the token of an SSO session, or of a start URL."""
    return f".aws/sso/cache/{hashlib.sha1(name.encode()).hexdigest()}.json"


def cli_cache_path(**arguments: str) -> str:
    """The file in which the AWS CLI keeps the credentials of a role that was assumed with these arguments."""
    return f".aws/cli/cache/{hashlib.sha1(json.dumps(arguments, sort_keys=True).encode()).hexdigest()}.json"


def cached(expiration: str = "2999-01-01T00:00:00Z") -> str:
    """Credentials as the AWS CLI caches them."""
    keys = {"AccessKeyId": "ASIACACHED", "SecretAccessKey": "x", "SessionToken": "y", "Expiration": expiration}
    return json.dumps({"Credentials": keys})
