"""Our own patterns, and those that users type, on n, 2n and 4n characters of texts that make badly written ones slow.

Growth is linear if twice the text takes about twice the time; a quadratic pattern takes four times as long.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

from store import Error, ErrorKind
from store.aws.error_mapping import BadReply, map_exception, parse_denial, service_message
from store.logs.runlog import head
from tests.bench import report
from tui.logs import failed_task_texts, levels, line_text, sgr
from tui.logs.search import compiled
from tui.query import filter as filters
from tui.query.regex import compile_regex
from tui.text.redaction import redact
from tui.text.safe import safe, safe_lines
from tui.watch.findings.failure_groups import normalize_message
from tui.watch.polling import error_texts

SIZE = 20_000
"""Characters of the shortest text."""
_ROUNDS = 3
_FLOOR = 0.002  # seconds; below, a ratio says nothing
LIMIT = 3.0
"""The most that doubling the text may multiply the time with. Linear: 2, quadratic: 4."""

# Repeated, each makes some pattern begin a match everywhere, or backtrack as far as it can.
_WORDS = (
    *("a", "A1a", "1", " ", "\t", "x ", "a.", "a-", "a/", "=", ":", '"', '\\"', "'", "\\", "-", "--", "@", "&"),
    *("token:", "token=", "token ", "--token ", "password:", "secret_key-", "bearer ", "authorization:", "cookie: "),
    *("://", "://a:", "http://a:b", "?sig=", "hooks.slack.com/", "AKIAABCDEFGHIJKLMNOP x ", "eyJaaaaaaaa.", "xoxb-"),
    *("-----BEGIN PRIVATE KEY-----", "-----BEGIN ", "-----END ", "user:pw@tcp(", "machine a login ", "<password>"),
    *("amy:pw@", "a:b@c:80 ", ":a@", "amy:", "a@b.c:", "user:", "user:a", "proxy a:b@c ", "//a:b", "http:", "[::1]"),
    *("/a/b", "1.2.3.4:", "deadbeef", "ip-1-2-3-4.", "a.com", "12:", "20260101T000000Z"),
    *("error", "error ", "0 errors", "no error:", "warning : ", "Error:  "),
    *(
        "\x1b",
        "\x1b[",
        "\x1b[1m",
        "\x1b[1;",
        "\x1b]8;;",
        "\x1b]8;;x\x07",
        "\r",
        "a\r",
        "\x08",
        "a\x08",
        "\x1b[K",
        "\x1b[2K",
    ),
    *("\x1b[2K", "\x1b[1000Ca\r", "\x1b[9G", "\x1b(", "\u0301", "\u754c", "\u202e", "\ufeff", "\x00"),
    *(
        " is not authorized to perform: ",
        "An error occurred (x) when calling the y operation (",
        "2026/11/01 12:00:00 [",
    ),
)
_FIELDS = filters.Fields[str]({"error": lambda row: (row,)})


class Pattern(NamedTuple):
    """A function of a text that applies patterns."""

    name: str
    run: Callable[[str], object]


def _denied(text: str) -> object:
    error = map_exception(BadReply(text), "dynamodb.Query")
    return parse_denial(error), service_message(error)


def _explained(text: str) -> object:
    return error_texts.explain(Error(ErrorKind.NOT_ALLOWED, "dynamodb.Query", ("t",), text))


def _filtered(text: str) -> object:
    return filters.parse("error:~(a+)+$ ~(.*.*.*)*x").matcher(_FIELDS)(text)


PATTERNS = (
    Pattern("redaction", redact),
    Pattern("groups of errors", normalize_message),
    Pattern("levels of lines", levels.detect_tone),
    Pattern("search for errors", lambda text: sum(1 for _ in levels.ERRORS.finditer(text))),
    Pattern("times and levels of run logs", lambda text: head(line_text.start_of(text.encode()))),
    Pattern("lines without sequences", lambda text: line_text.plain(text.encode())),
    Pattern("lines with colours", lambda text: list(line_text.pieces(text.encode(), len(text)))),
    Pattern("colours after a line", lambda text: sgr.pen_after(text.encode())),
    Pattern("the end of a stderr", lambda text: failed_task_texts.last_lines(text.encode(), is_cut=True)),
    Pattern("safe text", lambda text: (safe(text, len(text) + 1), safe_lines(text))),
    Pattern("denials", _denied),
    Pattern("texts of errors", _explained),
    Pattern("/(a+)+$", lambda text: compiled("(a+)+$").search(text)),
    Pattern("--grep (.*.*.*)*x", lambda text: compile_regex("(.*.*.*)*x").search(text)),
    Pattern("filter with ~", _filtered),
)


class Growth(NamedTuple):
    """The times of the word that grows most in a pattern, in seconds at n, 2n and 4n characters."""

    word: str
    times: tuple[float, float, float]

    @property
    def ratio(self) -> float:
        """The factor of the time for twice the text, from n to 4n."""
        first, _, last = self.times
        return float((max(last, _FLOOR) / max(first, _FLOOR)) ** 0.5)


def main(json_file: str | None = None) -> int:
    """Print the table; `json_file` takes the figures. Returns the exit code, 1 unless all growth is linear."""
    found = {pattern.name: measure(pattern) for pattern in PATTERNS}
    rows = [
        [
            name,
            repr(growth.word),
            *(f"{1e3 * seconds:.2f}" for seconds in growth.times),
            f"{growth.ratio:.1f}",
            "yes" if growth.ratio < LIMIT else "NO",
        ]
        for name, growth in found.items()
    ]
    title = f"CPU time in ms on {SIZE:,}, {2 * SIZE:,} and {4 * SIZE:,} characters of the word that grows most"
    report.table(title, ["", "word", "n", "2n", "4n", "factor for twice", "linear"], rows)
    report.save(
        json_file,
        {name: {"word": each.word, "seconds": each.times, "factor": each.ratio} for name, each in found.items()},
    )
    return int(any(growth.ratio >= LIMIT for growth in found.values()))


def measure(pattern: Pattern, size: int = SIZE, words: tuple[str, ...] = _WORDS) -> Growth:
    """Return the growth of the time that `pattern` takes, with the word that makes it grow most."""
    # A word that is quadratic shows so at once; only what takes time is measured again.
    rough = {word: Growth(word, _times(pattern, word, size, rounds=1)) for word in words}
    worst = sorted(rough.values(), key=lambda growth: (growth.ratio, growth.times[2]))[-3:]
    return max(
        (Growth(each.word, _times(pattern, each.word, size, _ROUNDS)) for each in worst), key=lambda each: each.ratio
    )


def _times(pattern: Pattern, word: str, size: int, rounds: int) -> tuple[float, float, float]:
    one, two, four = (min(_time(pattern, word, factor * size) for _ in range(rounds)) for factor in (1, 2, 4))
    return one, two, four


def _time(pattern: Pattern, word: str, size: int) -> float:
    text = (word * (size // len(word) + 1))[:size]
    start = time.thread_time()
    pattern.run(text)
    return time.thread_time() - start
