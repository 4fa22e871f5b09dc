"""What an incident bundle is to be about."""

from collections.abc import Sequence
from typing import NamedTuple

from store import RunID
from tui.watch.findings.findings import Finding


class Shared(NamedTuple):
    """Runs, and what was found about them; None for all that was found about these."""

    run_ids: Sequence[RunID]
    findings: Sequence[Finding] | None = None
