"""Whatever leaves the dashboard is masked alike: the table in `README.md` says what is whole.

The corpus of secrets goes through each output, as the error of a task, as a label and as an argument.
"""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from store import Error, ErrorKind, Task
from store.digest import Digest, TaskID
from tests.support import secret_corpus
from tests.support.incidents import incident, parsed, text
from tests.support.rows import NOW, make_run, make_task
from tests.support.secret_corpus import Sample, SearchedText
from tests.support.sheets import sheet
from tui.crash_report import write_crash_report
from tui.exit_status import print_stderr
from tui.export.formats.csv_rows import csv_lines
from tui.export.formats.drawn_lines import plain_lines
from tui.export.formats.json_objects import json_pieces, ndjson_pieces
from tui.export.formats.markdown_table import markdown_lines
from tui.terminal import narration
from tui.terminal.clipboard import shareable
from tui.text.json_text import mask_secrets
from tui.text.redaction import redact_values
from tui.text.secrets.secret_values import has_digit
from tui.watch.findings.failure_groups import normalize_message
from tui.watch.model.cluster import Cluster
from tui.watch.polling.status import Status
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.file_writer import RecordingWriter
from tui.watch.recording.header import Header
from tui.watch.recording.recorder import Refresh

SAMPLES = list(secret_corpus.secrets())
HEX = set("0123456789abcdef")
HARMLESS = "\n".join([*(sample.masked for sample in SAMPLES), "sha256"])


def failed(sample: Sample, n: int) -> Task:
    error = Error(ErrorKind.OTHER, "exec", (), sample.text)
    return make_task(1, 1, end=NOW, err=error, flow_id=Digest.compute(b"%d" % n))


def cluster_with(samples: list[Sample]) -> Cluster:
    """Return a cluster with a run and a failed task for each sample."""
    cluster = Cluster(NOW)
    cluster.add([make_run(1, labels={str(n): sample.text for n, sample in enumerate(samples)})])
    for n, sample in enumerate(samples):
        values = {name: getattr(failed(sample, n), name) for name in Task.__struct_fields__}
        cluster.add([Task(**{**values, "id": TaskID.compute(b"%d" % n)})])
    return cluster


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    return cluster_with(SAMPLES)


def survivors(output: str) -> dict[str, list[str]]:
    """Return what is left in an output of all samples: parts with a digit, for words occur in others, too."""
    searched = SearchedText(output)
    found = {sample.text: list(filter(has_digit, sample.survivors(searched))) for sample in SAMPLES}
    left = {
        text: [part for part in parts if part not in HARMLESS and not HEX.issuperset(part)]  # digests have such parts
        for text, parts in found.items()
    }
    return {text: parts for text, parts in left.items() if parts}


def test_incident_bundles(cluster: Cluster) -> None:
    assert survivors(json.dumps(parsed(incident(cluster)), ensure_ascii=False)) == {}
    assert survivors(text(incident(cluster))) == {}


def test_recordings(cluster: Cluster, tmp_path: Path) -> None:
    path = tmp_path / "a.reflowtop"
    with RecordingWriter(path, Header("reflow"), mask=redact_values) as writer:
        writer.add(Refresh(time=NOW, status=Status(as_of=NOW), delta=cluster.delta()))
    with contextlib.closing(RecordingFile(path)) as file:
        rows = file.read(0).delta.rows
    texts = [str(row.err) for row in rows if isinstance(row, Task)]
    assert len(texts) == len(SAMPLES)
    assert survivors("\n".join(texts) + repr([getattr(row, "labels", None) for row in rows])) == {}


def formats() -> dict[str, Callable[[dict[str, Any]], Iterator[str]]]:
    return {
        "json": lambda row: json_pieces(sheet(row)),
        "ndjson": lambda row: ndjson_pieces(sheet(row)),
        "csv": lambda row: csv_lines(sheet(row), headers=False),
        "markdown": lambda row: markdown_lines(sheet(row), headers=False),
        "table": lambda row: plain_lines(sheet(row), wide=True, headers=False, color=False),
    }


@pytest.mark.parametrize("form", ["json", "ndjson", "csv", "markdown", "table"])
def test_lists(form: str, request: pytest.FixtureRequest) -> None:
    write = formats()[form]
    request.addfinalizer(lambda: mask_secrets(False))
    mask_secrets()
    for sample in SAMPLES:
        row = {"id": "1", "name": sample.text, "error": sample.text, "args": sample.text}
        written = "".join(write(row))
        assert list(filter(has_digit, sample.survivors(written))) == [], written


@pytest.mark.parametrize("form", ["json", "ndjson"])
def test_output_for_programs_is_whole_by_default(form: str) -> None:
    assert "hunter2x" in "".join(formats()[form]({"id": "1", "args": ["--password", "hunter2x"]}))


def test_copied_texts() -> None:
    for sample in SAMPLES:
        assert sample.survivors(shareable(sample.text)) == []


def test_lines_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    for sample in SAMPLES:
        print_stderr(sample.text)
        narration.note(sample.text)
        # Line breaks are spaces there: those that a block needs are gone.
        if "\n" not in sample.text:
            assert sample.survivors(capsys.readouterr().err) == [], sample.text


def test_crash_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    for sample in SAMPLES[::20]:
        report = write_crash_report(ValueError(sample.text), "reflowtop")
        assert report is not None
        assert sample.survivors(report.read_text()) == [], sample.text
        report.unlink()


def test_groups_of_failures() -> None:
    for sample in SAMPLES:
        assert sample.survivors(normalize_message(sample.text)) == [], sample.text
