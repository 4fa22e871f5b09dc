"""Shell completion, as a shell asks for it."""

import os
import re
import shlex
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from store.times import utc_now
from tests.support.rows import make_run
from tui import cli, exit_status
from tui.commands import completion
from tui.export.completion_cache import CachedIds, CachedRun, cache_path, read_cache, write_cache
from tui.settings import Settings
from tui.watch.model.cluster import Cluster

Captured = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[4]
SETTINGS = Settings(table="reflow-prod")
FLAGS = "--table reflow-prod"


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The command lines of processes that were started; they fail."""
    lines: list[list[str]] = []

    def start(args: list[str], **_: object) -> "subprocess.Popen[bytes]":
        lines.append(args)
        raise OSError

    monkeypatch.setattr(subprocess, "Popen", start)
    return lines


def keep_runs(*ids: str, age: float = 0.0, cost: float = 0.0, users: tuple[str, ...] = ()) -> None:
    path = cache_path(SETTINGS)
    path.parent.mkdir(parents=True, exist_ok=True)
    runs = tuple(CachedRun(id, "running amy align") for id in ids)
    path.write_bytes(msgspec.json.encode(CachedIds(utc_now() - timedelta(seconds=age), runs, users, cost)))


def complete(line: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the values offered for the last word of `line`, as bash gets them."""
    words = [*shlex.split(line), *([""] if line.endswith(" ") else [])]
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    assert completion.answer(cli.reflowtop, "bash_complete") == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return [text.partition(",")[2] for text in captured.out.splitlines() if text]


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("reflowtop w", ["wait", "watch"]),
        ("reflowtop refresh", []),
        ("reflowtop wait --ti", ["--timeout"]),
        ("reflowtop wait --for ", ["ended", "failed", "stale"]),
        ("reflowtop ps --sort us", ["user"]),
        ("reflowtop tasks --columns ident,sta", ["ident,state", "ident,started"]),
        ("reflowtop ps --fields id,lab", ["id,labels"]),
        ("reflowtop help fi", ["filter"]),
        ("reflowtop completion ", ["bash", "zsh", "fish"]),
        ("reflowtop nosuch --x", []),
    ],
)
def test_names_are_completed(line: str, values: list[str], capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert complete(line, capsys, monkeypatch) == values


@pytest.mark.parametrize(
    ("line", "values"),
    [
        (f"reflowtop wait {FLAGS} 4f", ["4f2a91c0", "4f99aabb"]),
        (f"reflowtop {FLAGS} tasks 77", ["77aa01ff"]),
        (f"reflowtop logs {FLAGS} 4f2a", ["4f2a91c0"]),
        (f"reflowtop ps {FLAGS} -u a", ["amy"]),
        ("reflowtop wait 4f", []),  # no table is given
        ("reflowtop --table -- wait 4f", []),
    ],
)
def test_ids_and_users_come_from_the_cache(
    line: str, values: list[str], capsys: Captured, monkeypatch: pytest.MonkeyPatch, started: list[list[str]]
) -> None:
    keep_runs("4f2a91c0", "77aa01ff", "4f99aabb", users=("amy", "bob"))
    assert complete(line, capsys, monkeypatch) == values
    assert started == []


@pytest.mark.parametrize(("age", "cost", "starts"), [(29, 0, 0), (31, 0, 1), (600, 100_000, 0), (1100, 100_000, 1)])
def test_old_ids_are_offered_while_another_process_refreshes_them(
    age: float,
    cost: float,
    starts: int,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
    started: list[list[str]],
) -> None:
    """100,000 RCU at the default budget of 100 RCU/s are read once in 1,000 s."""
    keep_runs("4f2a91c0", age=age, cost=cost)
    for _ in range(2):  # what fails is not tried again at once
        assert complete(f"reflowtop wait {FLAGS} --region us-west-2 4", capsys, monkeypatch) == []
    monkeypatch.setenv("REFLOWTOP_REGION", "")
    for _ in range(2):
        assert complete(f"reflowtop wait {FLAGS} 4", capsys, monkeypatch) == ["4f2a91c0"]
    refreshes = [line for line in started if "--region" not in line]
    assert [line[1:] for line in refreshes] == [["-m", "tui", "refresh-completions", "--table", "reflow-prod"]] * starts


def test_commands_that_read_runs_write_the_cache() -> None:
    cluster = Cluster(utc_now())
    cluster.add([make_run(1, user="amy@example.com", labels={"Name": "a\x1b,\n"}), make_run(2, user="$(rm -rf)")])
    cluster.add([make_run(3, user="carol", end=utc_now())])
    write_cache(SETTINGS, cluster, utc_now(), 31.0)
    path = cache_path(SETTINGS)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["reflow-prod-default.json"]
    cached = read_cache(SETTINGS)
    assert cached is not None
    assert (cached.users, cached.cost) == (("amy@example.com",), 31.0)
    assert {each.id for each in cached.runs} == {"01010101", "02020202"}
    assert all(each.about.isprintable() for each in cached.runs)


def test_unusable_cache_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    write_cache(SETTINGS, Cluster(utc_now()), utc_now(), 0.0)
    assert read_cache(SETTINGS) is None


def test_completion_imports_neither_textual_nor_botocore() -> None:
    keep_runs("4f2a91c0")
    code = (
        "import sys; from tui import cli; from tui.commands import completion\n"
        "completion.answer(cli.reflowtop, 'bash_complete')\n"
        "heavy = {'textual', 'botocore', 'aiobotocore', 'boto3', 'aiohttp'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    for line, cword in ((f"reflowtop {FLAGS} wait 4f", "4"), ("reflowtop ps --columns na", "3"), ("reflowtop w", "1")):
        env = {**os.environ, "COMP_WORDS": line, "COMP_CWORD": cword}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("plain,")


def bash(script: str, tmp_path: Path) -> "subprocess.CompletedProcess[str]":
    """Run bash with a `reflowtop` on its path."""
    program = tmp_path / "bin" / "reflowtop"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tui "$@"\n')
    program.chmod(0o755)
    env = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    return subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("words", "replies"),
    [
        (("reflowtop", "w"), ["wait", "watch"]),
        (("reflowtop", "--table", "reflow-prod", "wait", "4f"), ["4f2a91c0"]),
        (("reflowtop", "--table", "no such table", "wait", "4f"), []),
    ],
)
def test_script_completes_in_bash(words: tuple[str, ...], replies: list[str], tmp_path: Path) -> None:
    keep_runs("4f2a91c0", "77aa01ff")
    done = bash(
        "source <(reflowtop completion bash) && complete -p reflowtop && "
        f"COMP_WORDS=({shlex.join(words)}) COMP_CWORD={len(words) - 1} && "
        '_reflowtop_completion reflowtop && printf "%s\\n" "${COMPREPLY[@]}"',
        tmp_path,
    )
    assert done.stderr == ""
    registered, *offered = done.stdout.split("\n")
    assert "-F _reflowtop_completion reflowtop" in registered
    assert list(filter(None, offered)) == replies


@pytest.mark.parametrize(("shell", "words"), [("zsh", "#compdef reflowtop"), ("fish", "--command reflowtop")])
def test_scripts_of_other_shells(shell: str, words: str, capsys: Captured) -> None:
    assert exit_status.run_command(cli.reflowtop, ["completion", shell]) == 0
    assert words in capsys.readouterr().out


def test_fish_keeps_the_commas_of_values_and_descriptions(capsys: Captured) -> None:
    assert exit_status.run_command(cli.reflowtop, ["completion", "fish"]) == 0
    splits = re.findall("string split .*", capsys.readouterr().out)
    assert splits == ['string split -m 1 "," $completion);']


def test_other_shells_are_refused(capsys: Captured) -> None:
    assert exit_status.run_command(cli.reflowtop, ["completion", "tcsh"]) == 2
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in capsys.readouterr().err
