"""Made-up prices of the hosts of the demo, so that it shows costs without set-up."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from tui.settings import Settings
from tui.text.addresses import host_of

DEMO_TABLE = "reflow-demo"
MADE_UP: Mapping[str, Decimal] = MappingProxyType(
    {
        "m5.4xlarge": Decimal("0.80"),
        "r5.2xlarge": Decimal("0.50"),
        "r5.8xlarge": Decimal("2.00"),
        "r5.24xlarge": Decimal("6.00"),
    }
)
"""US dollars per hour by type: round numbers, which match no region."""


def is_demo(settings: Settings) -> bool:
    """Return whether the settings name the simulated cluster of `reflowtop demo`, in a service on this machine."""
    host, _, port = host_of(settings.endpoint_url).rpartition(":")
    named = host if port.isdecimal() else f"{host}:{port}".removeprefix(":")
    return settings.table == DEMO_TABLE and named in ("127.0.0.1", "localhost", "[::1]")
