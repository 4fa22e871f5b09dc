"""A service with the incident of `incident_world`, and proxies to it that enforce a policy."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager

import pytest

from tests.support.iam_policy import read_policies
from tests.support.incident_world import write_incident
from tests.support.policy_proxy import PolicyProxy, policed
from tui.demo.service import LocalService

Policed = Callable[..., AbstractAsyncContextManager[PolicyProxy]]


@pytest.fixture(scope="package")
def endpoint_url() -> Iterator[str]:
    """The endpoint of a service with the table and the bucket of the policies in the README."""
    with LocalService.start() as service:
        asyncio.run(write_incident(service.endpoint_url, "reflow-prod", "reflow-logs"))
        yield service.endpoint_url


@pytest.fixture
def policed_without(endpoint_url: str) -> Policed:
    """A function that opens a proxy with the policy in the README, less the named actions or indexes."""

    def open_way(*left_out: str) -> AbstractAsyncContextManager[PolicyProxy]:
        policy = read_policies()[0]
        policy.allowed = [each for each in policy.allowed if not any(each.is_about(name) for name in left_out)]
        return policed(endpoint_url, policy)

    return open_way
