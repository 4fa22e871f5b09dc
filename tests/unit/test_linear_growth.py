"""Our own patterns, and those that users type, take linear time on texts that make others slow."""

import pytest

from tests.bench.patterns import LIMIT, PATTERNS, Pattern, measure

# A few of the words of the benchmark, in which a quadratic pattern has shown itself.
WORDS = (
    "a",
    "A1a",
    "token:",
    "--token ",
    "password:",
    "://a:",
    "error ",
    "\x1b[1;",
    "a\x08",
    "\x1b[1000Ca\r",
    "/a/b",
    "\\",
)
SIZE = 12_000  # longer than what redaction caches


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_twice_the_text_takes_about_twice_the_time(pattern: Pattern) -> None:
    growth = measure(pattern, SIZE, WORDS)
    if growth.ratio >= LIMIT:  # of the CPU time of one thread; another look, for the machine may have been busy
        growth = measure(pattern, SIZE, (growth.word,))
    assert growth.ratio < LIMIT, f"{growth.word!r} takes {growth.times} s"


def test_quadratic_growth_is_noticed() -> None:
    slow = Pattern("slow", lambda text: sum(text[at:].count("a") for at in range(0, len(text), 10)))
    assert measure(slow, SIZE, ("a",)).ratio > LIMIT
