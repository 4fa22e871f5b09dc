"""The files with tokens that credential providers read: botocore opens even a FIFO, and waits for ever."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from store.regular_file import find_file_problem, read_regular_file

CONTAINER_URIS = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
_MAX_TOKEN = 1 << 16  # bytes
_CONTAINER_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"


def find_token_problem(method: str, settings: Mapping[str, Any]) -> str:
    """Return what is wrong with the token file of botocore's provider `method` for a profile with these `settings`.

    The text names the file; it is empty if nothing is wrong, or the provider has none.
    """
    match method:
        case "assume-role-with-web-identity":
            path = settings.get("web_identity_token_file") or os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE")
            return _describe_problem("", path)
        case "container-role" if any(each in os.environ for each in CONTAINER_URIS):
            return _describe_problem(f"{_CONTAINER_FILE} ", os.environ.get(_CONTAINER_FILE))
        case "sso" if isinstance(name := settings.get("sso_session") or settings.get("sso_start_url"), str):
            digest = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()
            return _describe_token(Path(f"~/.aws/sso/cache/{digest}.json"), "accessToken", "expiresAt")
        case "login" if isinstance(name := settings.get("login_session"), str):
            folder = os.path.expandvars(os.environ.get("AWS_LOGIN_CACHE_DIRECTORY") or "~/.aws/login/cache")
            return _describe_token(Path(folder) / f"{hashlib.sha256(name.encode()).hexdigest()}.json")
    return ""


def _describe_problem(what: str, path: str | None) -> str:
    trouble = find_file_problem(path, _MAX_TOKEN) if path else ""
    return f"{what}{path}: {trouble}" if trouble else ""


def _describe_token(path: Path, *texts: str) -> str:
    """Return what is wrong with a file of the AWS CLI, which is an object with these texts; empty if it is missing."""
    try:
        path = path.expanduser()
        token = json.loads(read_regular_file(path, _MAX_TOKEN))
    except (FileNotFoundError, RuntimeError):  # the provider tells of a missing login; RuntimeError: no home
        return ""
    except OSError as error:
        return f"{path}: {error.strerror}"
    except (ValueError, RecursionError):
        return f"{path} is damaged"
    is_token = isinstance(token, dict) and all(isinstance(token.get(each), str) for each in texts)
    return "" if is_token else f"{path} is no token"
