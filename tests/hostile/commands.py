"""The lines that play each command of the program on a hostile world, and those that it refuses."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from tests.hostile import files
from tests.hostile.texts import to_bytes
from tests.hostile.world import HostileDB, Text
from tests.support.rows import digest, run_id, task_id
from tui import cli

Line = list[str]


@dataclass(frozen=True)
class Scene:
    """The subjects of command lines: rows of the run `number` in `db`, a recording, a service that refuses requests."""

    db: HostileDB
    folder: Path
    number: int
    text: Text
    recording: Path
    url: str

    @property
    def run(self) -> str:
        return run_id(self.number).hex

    @property
    def task(self) -> str:
        return task_id(3 * self.number).hex

    @property
    def ids(self) -> list[str]:
        return [self.run, self.task, digest(f"pool {self.number}").hex, digest(f"alloc {self.number}").hex]

    @property
    def service(self) -> Line:
        return ["--endpoint-url", self.url]


def _each_format(name: str, *rest: str) -> list[Line]:
    (choices,) = (each.type.choices for each in cli.reflowtop.commands[name].params if "-o" in each.opts)  # type: ignore[attr-defined]
    return [[name, *rest, "-o", form] for form in choices]


def _lists(name: str, *more: Line) -> Callable[[Scene], list[Line]]:
    return lambda _: [*_each_format(name), *more]


def _cat(scene: Scene) -> list[Line]:
    row = scene.db.rows[task_id(3 * scene.number)]
    return [["cat", str(row.stderr)]]  # type: ignore[union-attr]


def _describe(scene: Scene) -> list[Line]:
    return [["describe", id, *more] for id in scene.ids for more in ((), ("-o", "json"))]


def _logs(scene: Scene) -> list[Line]:
    task = ["logs", scene.task]
    return [[*task, "--stdout"], [*task, "--stderr"], ["logs", scene.run], [*task, "--grep", "a|b"]]


def _prices(scene: Scene) -> list[Line]:
    imports = [["prices", "import", str(path)] for path in files.price_files(scene.folder, scene.text)]
    update = ["prices", "update", *scene.service, "--type", "m5.large"]
    return [["prices"], ["prices", "-o", "json"], *imports, ["prices"], update]


def _note(scene: Scene) -> list[Line]:
    id = "0123456789abcdef"
    line = to_bytes(scene.text("typed note")).replace(b"\0", b"").decode("utf-8", "surrogateescape")
    return [["note"], ["note", "-o", "json"], ["note", id], ["note", id, "--", line], ["note", id], ["note", "0"]]


def _record(scene: Scene) -> list[Line]:
    new = scene.folder / files.file_name(scene.text("recorded name"))
    wrong = [["record", str(path), "--for", "1s"] for path in files.wrong_recordings(scene.folder, scene.text)]
    return [["record", str(new), "--for", "1s"], ["record", str(scene.recording), "--for", "1s"], *wrong]


def _on_recordings(*line: str) -> Callable[[Scene], list[Line]]:
    """Return what plays a command on the recording, and on files that are none."""

    def lines(scene: Scene) -> list[Line]:
        paths = [scene.recording, *files.wrong_recordings(scene.folder, scene.text)]
        return [[*line, str(path)] for path in paths]

    return lines


def _replay_rules(scene: Scene) -> list[Line]:
    line = ["replay-rules", "--replay", str(scene.recording)]
    return [*_each_format(*line), [*line, "--remember"], *_on_recordings("replay-rules", "--replay")(scene)]


def _compare(scene: Scene) -> list[Line]:
    return [["compare", scene.run], *_each_format("compare", scene.run, run_id(scene.number + 1).hex)]


COMMANDS: Mapping[str, Callable[[Scene], Sequence[Line]]] = {
    "cat": _cat,
    "compare": _compare,
    "completion": lambda _: [["completion", shell] for shell in ("bash", "zsh", "fish")],
    "demo": lambda _: [],  # it shows rows of its own
    "describe": _describe,
    "doctor": lambda scene: [["doctor", *scene.service], ["doctor", "-o", "json", "--config", "missing"]],
    "export": lambda _: [["export", "--listen", "127.0.0.1:0"]],
    "failures": _lists("failures", ["failures", "--explain"]),
    "handoff": lambda scene: [["handoff"], *_on_recordings("handoff", "--replay")(scene)],
    "help": lambda _: [["help", "ps"]],
    "info": lambda scene: [["info", scene.run]],  # an older name of `describe`
    "inspect": lambda scene: [["inspect", scene.task], ["inspect", scene.task, "-o", "json"]],
    "logs": _logs,
    "note": _note,
    "pools": _lists("pools"),
    "prices": _prices,
    "ps": _lists("ps", ["ps", "--color", "always"]),
    "record": _record,
    "refresh-completions": lambda _: [["refresh-completions"]],
    "replay-rules": _replay_rules,
    "settings": lambda _: [["settings"], ["settings", "-o", "json"]],
    "setup": lambda scene: [["setup", "reflow-prod", "reflow-logs", *scene.service]],
    "share": lambda scene: [["share", scene.run, "--output", str(scene.folder / "bundle")]],
    "tasks": _lists("tasks"),
    "wait": lambda scene: [["wait", scene.run], ["wait", scene.run, "-o", "json"]],
    "watch": lambda scene: [["watch", scene.run, "--notify"], ["watch", scene.run, "-o", "json"]],
}
"""The lines of each command of the program. A test compares the names with those of the program."""


def names() -> set[str]:
    """Return the names of all commands of the program."""
    return set(cli.reflowtop.commands)


def wrong_lines(scene: Scene) -> Iterator[Line]:
    """Yield lines that are refused with a quotation: a hostile text for each argument and option of the program."""

    def text(place: str) -> str:
        # A system passes on arguments in bytes, up to the first NUL.
        return to_bytes(scene.text(place)).replace(b"\0", b"").decode("utf-8", "surrogateescape")

    yield [text("argument command")]
    yield ["setup", "reflow-prod", text("setup bucket"), *scene.service]
    yield ["ps", f"user:{text('argument user')}"]
    yield ["ps", f"~({text('argument pattern')}"]
    yield ["--table", "reflow-prod", f"{text('argument filter')} :", "--theme", "x"]
    played: set[str] = set()
    for name, command in sorted(cli.reflowtop.commands.items()):
        arguments = [each for each in command.params if isinstance(each, click.Argument)]
        if arguments and name != "record":  # `record` would create the file
            yield [
                name,
                *(scene.service if name == "setup" else ()),
                "--",
                *(text(f"argument {name} {each.name}") for each in arguments),
            ]
        for option in (each for each in command.params if isinstance(each, click.Option) and not each.is_flag):
            flag = option.opts[-1]
            if flag not in played and name not in ("export", "demo", "doctor"):
                played.add(flag)
                yield [name, *("0" * 64 for each in arguments if each.required), flag, text(f"argument {flag}")]
    for flag in ("--replay", "--config", "--cluster", "--log-file"):
        yield [flag, text(f"argument {flag}"), *([] if flag == "--replay" else ["ps", "--table", "reflow-prod"])]
    yield ["export", "--listen", text("argument listen")]
    yield ["demo", "--seed", text("argument seed")]
    yield ["doctor", "-o", "json", "--theme", text("argument theme"), "--endpoint-url", "http://127.0.0.1:1"]
    yield ["settings", "--endpoint-url", f"http://{text('argument address')}/"]
    for path in files.wrong_files(scene.folder, scene.text):
        yield ["--config", str(path), "ps"]
    yield ["--cluster", "", "ps"]
    for path in files.wrong_recordings(scene.folder, scene.text):
        yield ["--replay", str(path)]
