"""A limit on label values: Prometheus keeps a series for each value forever, and names in the table are unbounded."""

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import TypeVar

from tui.text.masked_text import mask_line
from tui.text.safe import NONE

OTHER = "other"
_LONGEST = 100  # cells
K = TypeVar("K", bound=Hashable)


class LabelCap:
    """Chooses at most `limit` values of a label and counts all others as `other`.

    A chosen value stays chosen while it occurs, so that no series jumps because another one has grown. The most
    frequent values fill free places.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._chosen: set[str] = set()

    def choose(self, counts: Mapping[str, float]) -> Mapping[str, str]:
        """Return the label for each text in `counts`: safe, without secrets, and `-` for an empty text."""
        labels = {text: mask_line(text, _LONGEST) or NONE for text in counts}
        sums: Counter[str] = Counter()
        for text, count in counts.items():
            sums[labels[text]] += int(count)
        self._chosen &= sums.keys()
        new = sorted(sums.keys() - self._chosen, key=lambda label: (-sums[label], label))
        self._chosen.update(new[: self._limit - len(self._chosen)])
        return {text: label if label in self._chosen else OTHER for text, label in labels.items()}
