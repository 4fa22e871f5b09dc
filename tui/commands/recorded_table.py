"""The table that a recording is of, for the files in the state folder that belong to it."""

import dataclasses

from tui.settings import Settings
from tui.watch.recording.header import Header


def recorded_table(settings: Settings, header: Header) -> Settings:
    """Return `settings` with the table, region and endpoint of a recording. They name files; do not connect with them.

    A recording names only the host of its endpoint.
    """
    return dataclasses.replace(
        settings,
        table=header.table,
        region=header.region or settings.region,
        endpoint_url=f"https://{header.endpoint}" if header.endpoint else settings.endpoint_url,
    )
