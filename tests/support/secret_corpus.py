"""The corpus of made-up secrets and look-alikes: how its texts are read, and how redaction is judged by them.

`«…»` marks a secret; `{alnum:36}` in it stands for 36 characters that are drawn when the corpus is read, so that no
scanner of pushed commits takes a line for a live secret.
"""

import base64
import random
import re
import string
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from tests.support.secret_look_alikes import LOOK_ALIKES
from tests.support.secret_samples import SECRETS
from tests.support.secret_siblings import SIBLINGS

REDACTED = "[redacted]"
ALPHABETS = {
    "alnum": string.ascii_letters + string.digits,
    "lower": string.ascii_lowercase + string.digits,
    "upper": string.ascii_uppercase + string.digits,
    "hex": "0123456789abcdef",
    "b64": string.ascii_letters + string.digits + "+/",
    "url": string.ascii_letters + string.digits + "-_",
    "digits": "123456789",
    "base32": string.ascii_uppercase + "234567",
}
_SECRET = re.compile("«(.*?)»", re.DOTALL)
_DRAWN = re.compile(r"\{(\w+):(\d+)\}")
_ENCODED = re.compile(r"\{encode=(.*?)\}", re.DOTALL)
_LEAST = 6  # characters of a secret that tell something of it

Redact = Callable[[str], str]


class SearchedText:
    """A long text in which the parts of many secrets are looked for: those of the usual length in a set."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._parts = {text[at : at + _LEAST] for at in range(len(text) - _LEAST + 1)}

    def __contains__(self, part: str) -> bool:
        return part in self._parts if len(part) == _LEAST else part in self._text


class Sample(NamedTuple):
    """A text with its secrets, and the text with `[redacted]` in their place; without any for a look-alike."""

    group: str
    text: str
    secrets: tuple[str, ...]
    masked: str

    def survivors(self, redacted: str | SearchedText) -> list[str]:
        """Return the parts of the secrets, of at least 6 characters, that are still in `redacted`."""
        parts = [
            secret[at : at + _LEAST]
            for secret in self.secrets
            for at in range(max(1, len(secret) - _LEAST + 1))
            if secret[at : at + _LEAST].strip()
        ]
        return [part for part in dict.fromkeys(parts) if part in redacted and part not in self.masked]


class Score(NamedTuple):
    """The texts of the corpus that a redaction got wrong: secrets that survive, and look-alikes that do not."""

    secrets: int
    look_alikes: int
    missed: list[Sample]
    lost: list[Sample]

    @property
    def recall(self) -> float:
        """The part of the secrets that are masked completely."""
        return 1 - len(self.missed) / self.secrets

    @property
    def precision(self) -> float:
        """The part of the texts that were changed which hold a secret."""
        found = self.secrets - len(self.missed)
        return found / (found + len(self.lost))

    def __str__(self) -> str:
        return (
            f"recall {self.recall:.1%} ({self.secrets - len(self.missed)} of {self.secrets}), precision "
            f"{self.precision:.1%} ({len(self.lost)} of {self.look_alikes} look-alikes changed)"
        )


def secrets() -> Iterator[Sample]:
    """Yield the texts with secrets, always the same ones."""
    yield from _samples(SECRETS)
    yield from _samples(SIBLINGS)


def look_alikes() -> Iterator[Sample]:
    """Yield the texts without secrets, always the same ones."""
    return _samples(LOOK_ALIKES)


def score(redact: Redact, texts: Iterable[Sample], harmless: Iterable[Sample]) -> Score:
    """Return what `redact` gets wrong."""
    found, others = list(texts), list(harmless)
    missed = [each for each in found if each.survivors(redact(each.text))]
    return Score(len(found), len(others), missed, [each for each in others if redact(each.text) != each.text])


def _samples(groups: dict[str, tuple[str, ...]]) -> Iterator[Sample]:
    for group, texts in groups.items():
        for number, marked in enumerate(texts):
            yield sample(group, marked, f"{group} {number}")


def sample(group: str, marked: str, seed: str) -> Sample:
    """Return the sample that `marked` describes, drawn with `seed`."""
    draw = random.Random(seed)

    def drawn(match: re.Match[str]) -> str:
        text = "".join(draw.choices(ALPHABETS[match[1]], k=int(match[2])))
        # Those of services have characters of each kind.
        return f"a7Z{text[3:]}" if match[1] in ("alnum", "b64", "url") and len(text) > 3 else text

    text = _DRAWN.sub(drawn, marked)
    text = _ENCODED.sub(lambda match: base64.b64encode(match[1].encode()).decode(), text)
    found = tuple(match[1] for match in _SECRET.finditer(text))
    return Sample(group, _SECRET.sub(r"\1", text), found, _SECRET.sub(REDACTED, text))
