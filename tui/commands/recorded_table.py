"""The settings of a recorded table, to find its files in the state folder."""

import msgspec

from tui.settings import Settings
from tui.watch.recording.header import Header


def recorded_table(settings: Settings, header: Header) -> Settings:
    """Return `settings` with the table, region and endpoint of a recording. Use them for file names, not to connect.

    A recording names only the host of its endpoint.
    """
    return msgspec.structs.replace(
        settings,
        table=header.table,
        region=header.region or settings.region,
        endpoint_url=f"https://{header.endpoint}" if header.endpoint else settings.endpoint_url,
    )
