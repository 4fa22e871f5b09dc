"""The incident bundle: what is in it, what is not, and the files it is in."""

import errno
import json
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Error, ErrorKind, RunID, Task
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, run_id, task_id
from tui.export import shell_commands as invocation
from tui.export.incident import bundle as files
from tui.export.incident.bundle import write
from tui.export.incident.contents import Incident, findings_about, runs_of
from tui.export.incident.fences import fenced, shown
from tui.export.incident.json_document import data
from tui.export.incident.markdown import markdown
from tui.settings import Settings
from tui.text.redaction import REDACTED
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster
from tui.watch.polling.durations import IdentDurations

SETTINGS = Settings(table="reflow-prod", bucket="reflow-logs", region="us-west-2")
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
HOSTILE = "a\n```\n# owned\n\x1b]0;x\x07 [x](http://evil) <script>"


def filled() -> Cluster:
    cluster = Cluster(NOW)
    cluster.add(
        [
            make_run(1, labels={"Name": "align", "project": "p1"}, run_log=digest("log"), args=("--in", "s3://b/x")),
            make_task(1, 1, end=ago(seconds=20), err=OOM, stderr=digest("stderr"), inspect=digest("i"), attempt=1),
            make_task(5, 1, end=ago(minutes=2), err=OOM, start=ago(minutes=4), flow_id=digest("flow 1")),
            make_task(2, 1, keepalive=ago(minutes=3), start=ago(minutes=30)),
            make_alloc(),
            make_pool(),
            make_run(2, user="bob@example.com", start=ago(minutes=9)),
            make_run(4, end=ago(minutes=1), start=ago(minutes=9)),
        ]
    )
    return cluster


def incident(cluster: Cluster, *ids: RunID, **fields: Any) -> Incident:
    found = Findings(cluster, IdentDurations()).find()
    wanted = ids or tuple(run.id for run in cluster.runs)
    values: dict[str, Any] = {
        "settings": SETTINGS,
        "cluster": cluster,
        "runs": runs_of(cluster, wanted),
        "findings": findings_about(found, wanted),
        "written": NOW,
        "as_of": ago(seconds=2),
        "seen_at": NOW,
        **fields,
    }
    return Incident(**values)


def text(incident: Incident) -> str:
    return "\n".join(markdown(incident, "x.json"))


def parsed(incident: Incident) -> Any:
    return json.loads("\n".join(data(incident)))


def outside_fences(text: str) -> str:
    """Return the text of a document outside of its fences."""
    kept, fence = [], ""
    for line in text.split("\n"):
        ticks = re.match("`{3,}", line)
        if fence:
            if line.rstrip() == fence:
                fence = ""
        elif ticks:
            fence = ticks[0]
        else:
            kept.append(line)
    assert not fence, "a fence is left open"
    return "\n".join(kept)


def test_all_that_a_colleague_has_to_know_of_a_run() -> None:
    found = text(incident(filled(), run_id(1)))
    for words in (
        "# Incident: run 01010101, failing",
        "Written 2026-11-01 12:03:41 UTC",
        "Data as of 2026-11-01 12:03:39 UTC, 2s old then.",
        "as JSON: `x.json`",
        f"id       {run_id(1)}",
        "user     amy@example.com",
        "labels   Name=align project=p1",
        "args     --in s3://b/x",
        "lease    2026-11-01 12:05:21 UTC, 1m40s left",
        "started  2026-11-01 11:03:41 UTC",
        "tasks    2/3+ done, 1 flow failed, failed attempts: 2",
        "1 × samtools.sort  on r5.2xlarge: OOM error, killed",
        "#### Task 00000000",
        f"id       {task_id(1)}",
        "attempt  2",
        "pool     i-0abc r5.2xlarge i-0abc.example.com, live",
        "before   attempt 1: 00000000  failed  2026-11-01 11:59:41 UTC to 2026-11-01 12:01:41 UTC  i-0abc",
        "exec samtools: OOM error: killed",
        f"stderr   {digest('stderr')}",
        "### Silent tasks: 1",
        "lease until 2026-11-01 12:00:41 UTC",
        "bad: failing: 1 flow of samtools.sort failed on r5.2xlarge: OOM error, killed",
    ):
        assert words in found, words
    assert "02020202" not in found
    assert "04040404" not in found


def test_the_commands_to_see_the_same() -> None:
    found = text(incident(filled(), run_id(1)))
    flags = "--table reflow-prod --bucket reflow-logs --region us-west-2"
    run, task = run_id(1), task_id(1)
    for command in (
        f"reflowtop {flags} id:01010101",
        f"reflowtop logs {flags} {run.hex}",
        f'aws dynamodb get-item --region us-west-2 --table-name reflow-prod --key \'{{"ID": {{"S": "{run}"}}}}\'',
        f"reflowtop logs {flags} {task.hex}",
        f"reflowtop inspect {flags} {task.hex}",
        f'aws dynamodb get-item --region us-west-2 --table-name reflow-prod --key \'{{"ID": {{"S": "{task}"}}}}\'',
    ):
        assert f"\n{command}\n" in found


def test_commands_find_an_ended_run() -> None:
    found = text(incident(filled(), run_id(4)))
    assert "--since 2026-11-01T12:01:41Z id:04040404  # it has ended: key a shows it\n" in found
    assert "# Incident: run 04040404, succeeded" in found


def test_several_runs_in_a_list_and_those_that_need_attention_in_full() -> None:
    found = text(incident(filled()))
    assert "# Incident: 3 runs, 1 failing, 1 running, 1 succeeded" in found
    assert f"01010101  failing    {'2/3+':>11} tasks     1 failed  amy@example.com  align project=p1\n" in found
    assert "02020202  running" in found
    assert "## Run 01010101, failing" in found
    assert "## Run 02020202" not in found
    assert "\nreflowtop --table reflow-prod --bucket reflow-logs --region us-west-2\n" in found


def test_the_data_are_the_rows_as_ps_prints_them() -> None:
    found = parsed(incident(filled(), trouble=("a", "b")))
    assert found["written"] == "2026-11-01T12:03:41Z"
    assert found["as_of"] == "2026-11-01T12:03:39Z"
    assert (found["table"], found["region"], found["trouble"]) == ("reflow-prod", "us-west-2", ["a", "b"])
    (run,) = (run for run in found["runs"] if run["id"] == str(run_id(1)))
    assert run["state"] == "failing"
    assert [task["id"] for task in run["tasks"]] == [str(task_id(n)) for n in (2, 5, 1)]
    assert run["tasks"][2]["alloc"]["pool"]["pool_type"] == "r5.2xlarge"
    assert run["tasks"][2]["err"] == str(OOM)
    assert [run["tasks"] for run in found["runs"] if run["id"] != str(run_id(1))] == [[], []]
    (failing,) = (finding for finding in found["findings"] if finding["kind"] == "failing")
    assert failing["ids"] == [str(task_id(1))]
    assert parsed(incident(Cluster(NOW)))["runs"] == []


def test_read_errors_are_in_the_document() -> None:
    found = text(incident(filled(), as_of=None, trouble=("access denied: \x1b[31mx",)))
    assert "The table was not read as a whole." in found
    assert "\naccess denied: ␛[31mx\n" in found


def test_no_secret_gets_into_it() -> None:
    error = Error(ErrorKind.OTHER, "exec", ("curl", f"https://x/?X-Amz-Signature={'ab' * 32}"), f"{KEY_ID} {SECRET}")
    cluster = Cluster(NOW)
    cluster.add(
        [
            make_run(
                1,
                labels={"db_password": "hunter2", "Name": f"t {KEY_ID}"},
                args=("--token", "hunter2", f"AWS_SECRET_ACCESS_KEY={SECRET}"),
                user="amy:hunter2@x",
            ),
            make_task(1, 1, end=ago(seconds=20), err=error, uri="https://amy:hunter2@host/x", ident=f"x {KEY_ID}"),
        ]
    )
    found = incident(cluster, trouble=(f"secret: {SECRET}",))
    for kind in (text(found), json.dumps(parsed(found))):
        for secret in (SECRET, KEY_ID, "ab" * 32, "--token hunter2", "hunter2@host", "db_password=hunter2"):
            assert secret not in kind, secret
        assert str(run_id(1)) in kind
        assert str(task_id(1)) in kind
        assert REDACTED in kind


def test_untrusted_text_stays_in_fences() -> None:
    cluster = Cluster(NOW)
    error = Error(ErrorKind.OTHER, HOSTILE, (HOSTILE,), HOSTILE)
    alloc = make_alloc(alloc_id=HOSTILE)
    cluster.add(
        [
            make_run(1, labels={HOSTILE: HOSTILE}, args=(HOSTILE,), user=HOSTILE),
            make_task(1, 1, end=ago(seconds=20), err=error, uri=HOSTILE, ident=HOSTILE),
            make_task(2, 1, keepalive=ago(minutes=3), start=ago(minutes=30), ident=HOSTILE),
            alloc,
            make_pool(pool_type=HOSTILE, uri=HOSTILE),
            make_run(2, labels={"Name": HOSTILE}),
        ]
    )
    for found in (text(incident(cluster)), text(incident(cluster, run_id(1)))):
        assert found.replace("\n", "").isprintable()
        live = outside_fences(found)
        assert "owned" not in live
        assert "evil" not in live
        assert "owned" in found


@given(st.lists(st.text("`a\n# ", max_size=40)))
def test_no_text_ends_a_fence(texts: list[str]) -> None:
    lines = [line for each in texts for line in shown(each)]
    first, *inner, last = fenced(lines)
    assert inner == lines
    assert first.removesuffix("text") == last
    assert not any(last in line for line in inner)


def test_long_lists_are_cut_in_the_document_only() -> None:
    cluster = Cluster(NOW)
    tasks = [make_task(n, 1, end=ago(seconds=n), err=OOM) for n in range(1, 101)]
    cluster.add([make_run(1), *tasks])
    found = text(incident(cluster))
    assert found.count("#### Task") == 50
    assert "### Failed tasks: 100" in found
    assert "\n50 more are in the JSON." in found
    assert len(parsed(incident(cluster))["runs"][0]["tasks"]) == 100


# The files.


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_two_files_of_ones_own_in_the_current_folder(here: Path) -> None:
    bundle = write(incident(filled(), run_id(1)))
    assert bundle.text == here / "reflowtop-01010101-20261101T120341Z.md"
    assert bundle.data == here / "reflowtop-01010101-20261101T120341Z.json"
    assert [stat.S_IMODE(path.stat().st_mode) for path in bundle] == [0o600, 0o600]
    assert f"`{bundle.data.name}`" in bundle.text.read_text()
    assert json.loads(bundle.data.read_text())["runs"][0]["id"] == str(run_id(1))


def test_no_file_is_overwritten_and_no_link_followed(here: Path) -> None:
    found = incident(filled())
    first = write(found)
    (here / "reflowtop-runs-20261101T120341Z-2.json").symlink_to(here / "theirs")
    third = write(found)
    assert third.text.name == "reflowtop-runs-20261101T120341Z-3.md"
    assert first.text.read_text() == third.text.read_text().replace(third.data.name, first.data.name)
    assert sorted(path.name for path in here.iterdir()) == sorted(
        [first.text.name, first.data.name, third.text.name, third.data.name, "reflowtop-runs-20261101T120341Z-2.json"]
    )


def test_a_missing_folder_is_created(here: Path) -> None:
    bundle = write(incident(filled()), here / "a" / "b")
    assert bundle.text.parent == here / "a" / "b"
    assert stat.S_IMODE(bundle.text.parent.stat().st_mode) == 0o700


def failing_open(number: int, folder: Path) -> Any:
    """`os.open`, but with an error for what is in `folder`."""
    real = os.open

    def open_or_fail(path: Any, *args: Any, **options: Any) -> int:
        if str(path).startswith(str(folder)):
            raise OSError(number, os.strerror(number), str(path))
        return real(path, *args, **options)

    return open_or_fail


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_where_the_current_folder_is_barred_it_is_that_of_the_user(
    number: int, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "user_data_path", lambda *_, **__: tmp_path / "data")
    monkeypatch.setattr(os, "open", failing_open(number, here))
    assert write(incident(filled())).text.parent == tmp_path / "data"


def test_a_failed_write_is_a_sentence(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "open", failing_open(errno.EACCES, here))
    with pytest.raises(OSError, match=f"^no bundle in {here}: Permission denied$"):
        write(incident(filled()), here)
    with pytest.raises(OSError, match=r"^no bundle in /dev/null: File exists$"):
        write(incident(filled()), Path("/dev/null"))


def test_of_a_bundle_that_does_not_fit_nothing_is_left(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Incident) -> Iterator[str]:
        yield "{"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files, "data", full)
    with pytest.raises(OSError, match=f"^no bundle in {here}: No space left on device$"):
        write(incident(filled()))
    assert not list(here.iterdir())


# What one types.


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell")
def test_a_shell_takes_a_command_as_it_was_meant() -> None:
    settings = Settings(table="t", profile="it's; rm -rf ~ $(x)", endpoint_url="http://h:1/?a&b")
    command = invocation.dashboard(settings, "state:failing user:amy")
    printed = subprocess.run(
        ["sh", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=True
    ).stdout
    assert printed.splitlines() == [
        *("reflowtop", "--table", "t", "--profile", "it's; rm -rf ~ $(x)", "--endpoint-url", "http://h:1/?a&b"),
        "state:failing user:amy",
    ]
    item = invocation.get_item(settings, task_id(1))
    assert json.loads(item.split("--key ")[1].strip("'")) == {"ID": {"S": str(Task(id=task_id(1)).id)}}
