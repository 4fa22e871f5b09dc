"""The code in README.md and store/README.md works: every block is executed or parsed, by its kind."""

import ast
import asyncio
import configparser
import enum
import inspect
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import store
from store import Digest, DynamoTaskDB, RunID, Task, TaskID
from store.lease import LEASE
from store.times import utc_now
from tests.support import terminal
from tests.support.incident_world import write_incident
from tests.support.readme_blocks import ROOT, Block, blocks
from tests.support.terminal import Terminal
from tui import cli
from tui.demo.service import LocalService
from tui.settings.fields import FIELDS

TABLE, BUCKET = "reflow-prod", "reflow-logs"  # those of the blocks
RUN = RunID.parse("77aa01ff" + "0" * 55 + "1")  # the run of the blocks
README = "README.md"
BLOCKS = [*blocks(README), *blocks("store/README.md")]

TOP_LEVEL_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
# Commands that a user ends. The dashboard is the program without a command.
ENDLESS = re.compile(r"--follow\b|\bdemo --headless\b")
DASHBOARD = re.compile(r"reflowtop( (?P<flag>--\S+) \S+)+$")
RECORDING = "/var/lib/reflowtop/prod.rec"
# The lines that install the project; `.ci/run` executes the second, as it is in the README.
SETUP = re.compile(r"python3 -m venv \.venv && \.venv/bin/pip install -q -e '\.\[(?P<extra>\w+)\]' && \.venv/bin/(.+)")


class Kind(enum.Enum):
    """The kinds of blocks. Each has a test, and none may be left out."""

    PROGRAM = "a Python program"
    FILE = "the content of a Python file, which a shell block after it executes"
    SNIPPET = "Python that awaits, or uses names of the blocks before it"
    SETUP = "the line that installs the project"
    SHELL = "commands"
    POLICY = "an IAM policy, which test_permissions.py tries"
    UNIT = "a systemd unit"
    SCRAPE_CONFIG = "a configuration of Prometheus"
    DRAWING = "a drawing"


def kind(block: Block) -> Kind:
    """Return the kind of a block. Raises LookupError for one that no test knows."""
    match block.language:
        case "python":
            if block.file_name:
                return Kind.FILE
            is_program = not is_coroutine(block) and re.search(
                r"^(from|import) store|^asyncio\.run", block.text, re.MULTILINE
            )
            return Kind.PROGRAM if is_program else Kind.SNIPPET
        case "sh":
            return Kind.SETUP if SETUP.match(block.text) else Kind.SHELL
        case "json" if block.file == README:
            return Kind.POLICY
        case "ini":
            return Kind.UNIT
        case "yaml":
            return Kind.SCRAPE_CONFIG
        case "text":
            return Kind.DRAWING
        case language:
            raise LookupError(f"{block.place}: no test knows blocks of {language!r}: add a kind to {__name__}")


def compiled(block: Block) -> Any:
    """Return the code of a block of Python, with the README's numbers of its lines in tracebacks."""
    lines = "\n" * (block.line - 1)
    return compile(lines + block.text, str(ROOT / block.file), "exec", TOP_LEVEL_AWAIT, dont_inherit=True)


def is_coroutine(block: Block) -> bool:
    return bool(compiled(block).co_flags & inspect.CO_COROUTINE)


def of_kind(wanted: Kind) -> pytest.MarkDecorator:
    """Run a test for all blocks of a kind."""
    found = [block for block in BLOCKS if kind(block) is wanted]
    return pytest.mark.parametrize("block", found, ids=[block.place for block in found])


def test_every_kind_has_blocks_and_a_test() -> None:
    assert {kind(block) for block in BLOCKS} == {*Kind}
    text = Path(__file__).read_text("utf-8")
    for each in {*Kind} - {Kind.SNIPPET, Kind.FILE}:  # whose tests take all blocks of a README
        assert f"@of_kind(Kind.{each.name})" in text


def test_a_block_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(LookupError, match=r"X\.md:3: no test knows blocks of 'ruby'"):
        kind(Block("X.md", 3, "ruby", "puts 1\n"))


@pytest.fixture(scope="module")
def environment(program: Path) -> Iterator[Mapping[str, str]]:
    """The environment of a user whose AWS is a local service with the table and the bucket of the blocks."""
    with LocalService.start() as service:
        asyncio.run(_write_rows(service.endpoint_url))
        outer = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
        yield {
            **outer,
            "AWS_ENDPOINT_URL": service.endpoint_url,
            "PATH": os.pathsep.join((str(program.parent), str(Path(sys.executable).parent), os.environ["PATH"])),
            "PYTHONPATH": str(ROOT),
        }


async def _write_rows(endpoint_url: str) -> None:
    await write_incident(endpoint_url, TABLE, BUCKET)
    async with DynamoTaskDB.open(TABLE, BUCKET, endpoint_url=endpoint_url) as db:
        await db.create_run(RUN, "amy@example.com")
        await db.keep_run_alive(RUN, utc_now() + LEASE)
        await db.set_run_complete(RUN)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory that has the files of the blocks, and the recording."""
    for block in BLOCKS:
        if block.file_name:
            (tmp_path / block.file_name).write_text(block.text)
    (tmp_path / "prod.rec").write_bytes((ROOT / "screenshots" / "demo.reflowtop").read_bytes())
    return tmp_path


def run(*command: str, home: Path, environment: Mapping[str, str]) -> str:
    env = {**environment, "HOME": str(home)}
    done = subprocess.run(command, cwd=home, env=env, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@of_kind(Kind.PROGRAM)
@pytest.mark.slow
def test_programs(block: Block, home: Path, environment: Mapping[str, str]) -> None:
    (home / "program.py").write_text(block.text)
    printed = run(sys.executable, "program.py", home=home, environment=environment)
    assert "print(" not in block.text or printed.strip()


def test_files_are_executed_by_a_shell_block() -> None:
    shell = "".join(block.text for block in BLOCKS if kind(block) is Kind.SHELL)
    for block in BLOCKS:
        if kind(block) is Kind.FILE:
            assert f"python {block.file_name} " in shell
            lines = [line for line in block.text.splitlines()[1:] if line.strip()]
            assert len([line for line in lines if not line.startswith(("import ", "from "))]) <= 30


@pytest.mark.parametrize("readme", [README, "store/README.md"])
async def test_snippets(readme: str, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", environment["AWS_ENDPOINT_URL"])
    names: dict[str, Any] = {name: getattr(store, name) for name in store.__all__}
    snippets = [block for block in BLOCKS if block.file == readme and kind(block) is Kind.SNIPPET]
    assert snippets
    async with DynamoTaskDB.open(TABLE, BUCKET) as db:
        run = RunID.new()
        task = Task(id=TaskID.new(), run_id=run, ident="align.bwa_mem")
        names |= {"db": db, "run": run, "task": task}
        await db.create_run(run, "amy@example.com")
        await db.keep_run_alive(run, utc_now() + LEASE)
        await db.create_task(task)
        await db.set_task_attrs(task.id, Digest.ZERO, await db.repository.put(b"text"), Digest.ZERO)
        await db.set_task_complete(task.id)
        for block in snippets:
            awaited = eval(compiled(block), names)
            if awaited is not None:
                await awaited


@of_kind(Kind.SETUP)
def test_setup_lines_are_those_of_ci(block: Block) -> None:
    (line,) = block.text.splitlines()
    match = SETUP.fullmatch(line)
    assert match is not None
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert match["extra"] in extras
    if match["extra"] == "test":
        # `.ci/run` executes the line that this pattern finds.
        pattern = r"^python3 -m venv \.venv && .*pytest$"
        assert f"grep -m 1 '{pattern}' README.md" in (ROOT / ".ci" / "run").read_text()
        assert re.search(pattern, (ROOT / README).read_text(), re.MULTILINE)[0] == line  # type: ignore[index]
    else:
        # `.ci/package` installs this extra in a fresh virtualenv; test_demo_process.py runs the program.
        assert f"[{match['extra']}]" in (ROOT / ".ci" / "package").read_text()
        parse_command(match[2])


@of_kind(Kind.SHELL)
@pytest.mark.slow
def test_commands(block: Block, home: Path, environment: Mapping[str, str]) -> None:
    settings = {"REFLOWTOP_TABLE": TABLE, "REFLOWTOP_BUCKET": BUCKET}
    lines = [" ".join(shlex.split(line, comments=True)) for line in block.text.splitlines()]
    if not any(ENDLESS.search(line) or DASHBOARD.match(line) for line in lines):
        run("bash", "-euo", "pipefail", "-c", block.text, home=home, environment={**environment, **settings})
        return
    for line in block.text.splitlines():
        _, *arguments = shlex.split(line.replace(RECORDING, str(home / "prod.rec")), comments=True)
        if ENDLESS.search(line):
            run_until_it_prints(arguments, home, {**environment, **settings})
        elif DASHBOARD.match(line):
            open_dashboard(arguments, home, {**environment, **settings})
        else:
            run("bash", "-euo", "pipefail", "-c", line, home=home, environment={**environment, **settings})


def run_until_it_prints(arguments: list[str], home: Path, environment: Mapping[str, str]) -> None:
    env = {**environment, "HOME": str(home)}
    with subprocess.Popen(["reflowtop", *arguments], env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip()
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(terminal.PATIENCE) in (0, 130)


def open_dashboard(arguments: list[str], home: Path, environment: Mapping[str, str]) -> None:
    names = ("AWS_ENDPOINT_URL", "REFLOWTOP_TABLE", "REFLOWTOP_BUCKET")
    variables: dict[str, Any] = {name: environment[name] for name in names}
    dashboard = Terminal("-m", "tui", *arguments, forked=True, HOME=str(home), **variables)
    try:
        dashboard.wait_for(b"amy")  # a user of a run
        dashboard.press("q")
        assert dashboard.exit_code() == 0
    finally:
        dashboard.end()


@of_kind(Kind.POLICY)
def test_policies(block: Block) -> None:
    policy = json.loads(block.text)
    assert policy["Version"] == "2012-10-17"
    assert all(statement.keys() == {"Sid", "Effect", "Action", "Resource"} for statement in policy["Statement"])


@of_kind(Kind.UNIT)
def test_systemd_units(block: Block) -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(block.text, block.place)
    service = unit["Service"]
    parse_command(service["ExecStart"])
    variables = [name for name, _, _ in (each.partition("=") for each in service["Environment"].split())]
    assert {*variables} <= {field.variable for field in FIELDS}
    assert {*unit.sections()} == {"Service", "Install"}
    assert f"/{service['StateDirectory']}/" in service["ExecStart"]


@of_kind(Kind.SCRAPE_CONFIG)
def test_scrape_configurations(block: Block) -> None:
    (job,) = yaml.safe_load(block.text)["scrape_configs"]
    (target,) = job["static_configs"]
    (listen,) = [each for each in cli.reflowtop.commands["export"].params if each.name == "listen"]
    assert target["targets"] == [listen.default]


@of_kind(Kind.DRAWING)
def test_drawings_are_ascii_and_narrow(block: Block) -> None:
    assert block.text.isascii()
    assert max(map(len, block.text.splitlines())) <= 120


def parse_command(line: str) -> None:
    """Parse the arguments of a command of the program as the command line does."""
    program, name, *arguments = shlex.split(line)
    assert Path(program).name == "reflowtop"
    with cli.reflowtop.make_context("reflowtop", [name, *arguments]) as context:
        cli.reflowtop.commands[name].make_context(name, arguments, parent=context).close()
