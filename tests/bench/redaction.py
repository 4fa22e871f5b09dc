"""Redaction: recall and precision on the corpus, also of `detect-secrets` if it is installed, and time by length."""

import importlib.util
import os
import tempfile
import time
from collections.abc import Callable

from tests.bench import report
from tests.support import secret_corpus
from tui.text.redaction import redact

SIZES = (50_000, 100_000, 200_000)  # characters
PARTS = {
    "a log": "2026-11-29T12:00:00Z INFO aligned 37 reads of s3://b/P/x.fastq.gz in 12.5s, status=ok\n",
    "token:token:": "token:token:",
    "pw='": "pw='",
    "password={": "password={",
    "mysql -p": "mysql -p",
    "://a:": "://a:",
    "backslashes": "\\",
    "BEGIN": "-----BEGIN PRIVATE KEY-----",
}


def main(json_file: str | None = None) -> int:
    """Print the tables; `json_file` takes the figures. Returns the exit code."""
    redactions: dict[str, Callable[[str], str]] = {"reflowtop": redact}
    if importlib.util.find_spec("detect_secrets") is not None:
        redactions["detect-secrets"] = redact_by_detect_secrets
    scores = {}
    for name, each in redactions.items():
        began = time.perf_counter()
        scores[name] = secret_corpus.score(each, secret_corpus.secrets(), secret_corpus.look_alikes())
        print(f"{name}: {scores[name]}, {time.perf_counter() - began:.1f} s")
    seconds = {name: [_seconds(part, size) for size in SIZES] for name, part in PARTS.items()}
    lines = [
        [name, *(f"{each:.3f}" for each in times), f"{times[-1] / times[0]:.1f}"] for name, times in seconds.items()
    ]
    title = f"seconds for so many characters of adversarial text; the last column is {SIZES[-1] // SIZES[0]} if linear"
    report.table(title, ["", *map(str, SIZES), "ratio"], lines)
    figures = {name: {"recall": score.recall, "precision": score.precision} for name, score in scores.items()}
    return report.save(json_file, {"scores": figures, "seconds": seconds})


def redact_by_detect_secrets(text: str) -> str:
    """Redact as `detect-secrets` with its own settings finds secrets in a file."""
    from detect_secrets import SecretsCollection
    from detect_secrets.settings import default_settings

    with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as file:
        file.write(text)
    try:
        with default_settings():
            found = SecretsCollection()
            found.scan_file(file.name)
    finally:
        os.unlink(file.name)  # noqa: PTH108
    for _, secret in found:
        if secret.secret_value:
            text = text.replace(secret.secret_value, secret_corpus.REDACTED)
    return text


def _seconds(part: str, size: int) -> float:
    text = part * (size // len(part))
    began = time.perf_counter()
    redact(text)
    return time.perf_counter() - began
