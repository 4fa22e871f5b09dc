"""A proxy to a server that enforces an IAM policy: it denies other requests with the errors of AWS."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.fault_proxy import Answer, Proxy, Request, aws_error, s3_error
from tests.support.iam_policy import PRINCIPAL, Access, Policy, parse_request


class PolicyProxy(Proxy):
    """Forwards requests that `policy` allows. Records all accesses, the denied ones, and the statements used."""

    def __init__(self, port: int, policy: Policy) -> None:
        super().__init__(port)
        self.policy = policy
        self.accessed: list[Access] = []
        self.denied: list[Access] = []
        self.used: set[Access] = set()

    def _answer(self, request: Request) -> Answer | None:
        access = parse_request(request)
        self.accessed.append(access)
        allowing = self.policy.find(access)
        self.used.update(allowing)
        if not allowing:
            self.denied.append(access)
            return _denial(access)
        if (laid := super()._answer(request)) is not None:
            return laid
        can_list = self.policy.find(Access("s3:ListBucket", access.resource.partition("/")[0]))
        return _hide_missing(access) if access.action == "s3:GetObject" and not can_list else None

    async def _pass_on(self, request: Request) -> bytes:
        is_answered = any(part in request for part, _ in self._faults)
        is_allowed = self.policy.find(parse_request(request))
        return await super()._pass_on(request) if is_allowed and not is_answered else b""


@asynccontextmanager
async def policed(endpoint_url: str, policy: Policy) -> AsyncIterator[PolicyProxy]:
    """Run a proxy to the server at `endpoint_url` until the block ends."""
    proxy = PolicyProxy(int(endpoint_url.rpartition(":")[2]), policy)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()


def _denial(access: Access) -> Answer:
    message = (
        f"User: {PRINCIPAL} is not authorized to perform: {access.action} on resource: {access.resource}"
        f" because no identity-based policy allows the {access.action} action"
    )
    if access.action.startswith("s3:"):
        return s3_error("AccessDenied", message, 403)
    return aws_error(json.dumps({"__type": "AccessDeniedException", "message": message}))


def _hide_missing(access: Access) -> Answer:
    """Return the reply of S3 for a missing object in a bucket that the user may not list."""
    denial = _denial(Access("s3:ListBucket", access.resource.partition("/")[0]))
    return lambda reply: denial(reply) if reply.split(b" ", 2)[1] == b"404" else reply
