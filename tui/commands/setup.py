"""`reflowtop setup`: create the table with its indexes, and the bucket."""

import store
from tui.settings import Settings
from tui.settings.command_hint import command_hint
from tui.terminal import output
from tui.text.safe import safe


def run(settings: Settings, table: str, bucket: str) -> None:
    """Create `table` and `bucket`, or add the indexes and settings that they lack. Raises Error."""
    store.setup(
        table,
        bucket,
        region=settings.region,
        profile=settings.profile,
        endpoint_url=settings.endpoint_url,
        progress=lambda line: output.print_line(safe(line)),
    )
    output.print_line(safe(f"Ready. To watch it: {command_hint(settings)}"))
