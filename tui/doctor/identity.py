"""Checks of the credentials: source, expiry and identity."""

import os
from datetime import datetime, timedelta
from typing import Any

import msgspec

from store import Error, FailureReason
from store.aws import session as aws
from store.aws.error_mapping import map_exception
from tui.doctor.aws_service import AwsService
from tui.doctor.check_result import CheckResult, failed, ok, skipped, warning
from tui.doctor.network import Contact
from tui.settings import Settings
from tui.text import durations
from tui.text.redaction import redact
from tui.watch.polling.error_texts import explain

# botocore's name of a provider -> our name, and whether the provider renews credentials without the user.
_SOURCES = {
    "env": ("environment variables", False),
    "shared-credentials-file": ("the shared credentials file", False),
    "config-file": ("the AWS configuration file", False),
    "custom-process": ("credential_process", True),
    "assume-role": ("an assumed role", True),
    "assume-role-with-web-identity": ("a role of a web identity", True),
    "sso": ("the SSO login", True),
    "login": ("the login of `aws login`", True),
    "container-role": ("the container's role", True),
    "iam-role": ("the EC2 instance's role", True),
}
_SOON = timedelta(minutes=30)
_RENEW = "export new ones"


async def check_credentials(service: AwsService, settings: Settings, contact: Contact, now: datetime) -> CheckResult:
    """Return the source and the expiry of the credentials, or why DynamoDB does not accept them."""
    error = contact.error
    if error is not None and error.reason is FailureReason.NO_CREDENTIALS:
        return failed("credentials", error)
    try:
        credentials: Any = await service.session.get_credentials()
        frozen = await credentials.get_frozen_credentials()
    except Error as failure:
        return failed("credentials", failure)
    key: str = frozen.access_key
    source, is_renewed = _SOURCES.get(credentials.method, (str(credentials.method), True))
    profile = settings.profile or os.environ.get("AWS_PROFILE")
    origin = f"{source}{f' (profile {profile})' if profile and credentials.method != 'env' else ''}"
    found = f"{origin}, key ****{key[-4:]}" if len(key) > 8 else origin
    expiry: datetime | None = credentials.expiry
    data = {"source": credentials.method, "expires": None if expiry is None else expiry.isoformat()}
    if error is not None and error.reason is FailureReason.EXPIRED_CREDENTIALS:
        refused = failed("credentials", error)
        why = refused.found[:1].lower() + refused.found[1:]
        return msgspec.structs.replace(refused, found=f"{found}: {why}", data={**refused.data, **data})
    if expiry is None:
        return ok("credentials", f"{found}, {'expiry not known' if frozen.token else 'without expiry'}", **data)
    left = durations.age(expiry - now)
    if is_renewed:
        return ok("credentials", f"{found}, valid for {left}, then renewed", **data)
    if expiry - now < _SOON:
        return warning("credentials", f"{found}, expire in {left}", _RENEW, **data)
    return ok("credentials", f"{found}, expire in {left}", **data)


async def check_identity(service: AwsService, contact: Contact) -> CheckResult:
    """Ask STS for the identity of the credentials. The call needs no policy, and a denial is not a problem."""
    if contact.need:
        return skipped("identity", contact.need)
    if service.custom_endpoint:
        return skipped("identity", "not asked: the endpoint is not AWS's")
    try:
        async with aws.open_client(service.session, "sts") as client:
            reply = await client.get_caller_identity()
    except Exception as error:
        why = explain(map_exception(error, "sts.GetCallerIdentity"))
        return skipped("identity", redact(f"unknown, and not needed: {why}"))
    return ok("identity", str(reply["Arn"]), arn=reply["Arn"], account=reply["Account"])
