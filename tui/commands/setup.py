"""`reflowtop setup`: create the table with its indexes, and the bucket."""

import click

import store
from tui.settings import Settings


def run(settings: Settings, table: str, bucket: str) -> None:
    """Create `table` and `bucket`, or add the indexes and settings that they lack. Raises Error."""
    store.setup(
        table,
        bucket,
        region=settings.region,
        profile=settings.profile,
        endpoint_url=settings.endpoint_url,
        progress=click.echo,
    )
    click.echo(f"Ready. To watch it: reflowtop --table {table} --bucket {bucket}")
