"""Files that others wrote: recordings, settings, prices, what a user has acknowledged and noted, ids for completion."""

import contextlib
import itertools
import json
import os
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from store import Task, TaskDB
from store.times import format_time
from tests.hostile.texts import to_bytes
from tests.hostile.world import HostileDB, Text, failure
from tests.support.rows import NOW, ago
from tui.export.completion_cache import cache_path
from tui.settings import Settings
from tui.settings.fields import FIELDS
from tui.terminal.new_files import acknowledgements_path, memory_path
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster
from tui.watch.model.usual_duration import UsualDuration
from tui.watch.polling import reads
from tui.watch.polling.status import Status
from tui.watch.recording.file_writer import RecordingWriter
from tui.watch.recording.frames import FIRST_LINE, KEY, packed
from tui.watch.recording.header import Header
from tui.watch.recording.recorder import Refresh
from tui.watch.recording.task_texts import TaskTexts

_MOST = 50_000  # characters where a file may have 1 MB in all, or for all of a task
SETTINGS = Settings(table="reflow-prod", region="us-west-2")


def unicode_text(text: str) -> str:
    """Return a text as files in UTF-8 can hold it: without lone surrogates."""
    return text.encode("utf-8", "replace").decode()


def file_name(text: str) -> str:
    """Return a text as a file name, with any bytes that Linux permits."""
    return os.fsdecode(to_bytes(text).replace(b"/", b"_").replace(b"\0", b"")[:200]) + "x"


@contextlib.contextmanager
def environment(folder: Path) -> Iterator[None]:
    """Let the user's home and state be in `folder`."""
    names = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "AWS_MAX_ATTEMPTS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update({name: str(folder / name.lower()) for name in names}, AWS_MAX_ATTEMPTS="1")
    folder.mkdir(exist_ok=True)
    try:
        with contextlib.chdir(folder):  # in which commands write files of hostile names
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


async def write_home(folder: Path, db: HostileDB, text: Text) -> None:
    """Write the files in the home of a user: well-formed, with hostile texts. Needs `environment`."""
    lines = [
        f"[clusters.{_toml(text('config cluster'))}]",
        *(f"{key} = {_toml(text(f'config {key}'))}" for key in ("table", "bucket", "region", "profile", "user")),
    ]
    _write(folder / "xdg_config_home/reflowtop/config.toml", "\n".join(lines))
    reflow = [_toml(text(f"reflow {name}")) for name in ("table", "bucket")]
    _write(folder / "home/.reflow/config.yaml", "taskdb: {{dynamodbtask: {{table: {}, bucket: {}}}}}".format(*reflow))
    listed = {"version": 1, "source": "import", "name": text("price list"), "as_of": "2026-10-01"}
    prices = {text("priced region"): {text("priced type"): "1"}, "us-west-2": {"m5.large": "1"}}
    _write(folder / "xdg_state_home/reflowtop/prices.json", json.dumps({**listed, "regions": prices}))
    cached = {"id": text("cached id"), "about": text("cached run")}
    known = {"at": "2100-01-01T00:00:00Z", "users": [text("cached user"), "amy"], "runs": [cached]}
    _write(cache_path(SETTINGS), json.dumps(known))
    await write_state(db, [text], SETTINGS)


async def write_state(db: HostileDB, texts: Sequence[Text], settings: Settings) -> None:
    """Write the acknowledgements of a table, and the memory of failures with notes: a text for each failure."""
    ids = [each.id for each in Findings(await _read(db)).find()] + ["0123456789abcdef"]
    at = format_time(ago(days=1))
    memory: dict[str, Any] = {"version": 1, "seen": {}, "notes": {}, "reasons": {}}
    acknowledged = {}
    for id, text in itertools.zip_longest(ids, itertools.islice(itertools.cycle(texts), max(len(ids), len(texts)))):
        key = id or text("note id")
        seen = {name: text(f"seen {name}") for name in ("run", "name", "state")}
        memory["seen"][key] = [{**seen, "last": at, "count": 3}]
        memory["notes"][key] = {"text": text("note"), "at": at, "reason": text("note reason")}
        memory["reasons"][key] = text("reason")
        acknowledged[text("acknowledged")] = {"at": at, "severity": 0, "count": 1}
    memory["notes"] |= {text("note id"): memory["notes"][ids[0]] for text in texts}
    _write(memory_path(settings), json.dumps(memory))
    _write(acknowledgements_path(settings), json.dumps({"version": 1, "acknowledged": acknowledged}))


def wrong_files(folder: Path, text: Text) -> Iterator[Path]:
    """Yield files of settings that are refused with a quotation: each field of the program, unknown keys, no TOML."""
    contents = {field.name: f"{field.name} = {_toml(text(f'value {field.name}'))}" for field in FIELDS}
    contents |= {
        "key": f"{_toml(text('key'))} = 1",
        "cluster key": f"[clusters.a]\n{_toml(text('cluster key'))} = 1",
        "cluster": f"cluster = {_toml(text('cluster'))}",
        "column": f"[columns]\nruns = [{_toml(text('column'))}]",
        "list": f"[columns]\n{_toml(text('list'))} = ['user']",
        "binding": f"[keys]\n{_toml(text('binding'))} = 'x'",
        "bound": f"[keys]\nquit = {_toml(text('bound'))}",
        "price": f"[prices]\n{_toml(text('price'))} = 'x'",
        "toml": f"table = 'a'\n{text('toml')}",
    }
    for name, content in contents.items():
        yield _write(folder / f"{name}.toml", content)


def wrong_reflow_file(folder: Path, text: Text) -> None:
    """Replace reflow's own configuration by one that is refused."""
    _write(folder / "home/.reflow/config.yaml", f"taskdb: {json.dumps(unicode_text(text('reflow value')))}")


def price_files(folder: Path, text: Text) -> Iterator[Path]:
    """Yield price lists to import: a good one and bad ones."""
    cells = [unicode_text(text(f"csv {name}")).replace('"', "") for name in ("region", "type", "price")]
    region, host, usd = (f'"{cell}"' for cell in cells)
    yield _write(folder / file_name(text("csv name")), f"region,type,usd_per_hour\n{region},{host},1\n")
    yield _write(folder / "bad.csv", f"region,type,usd_per_hour\nus-west-2,{host},{usd}\n")
    yield _write(folder / "header.csv", f"{region},{host},usd_per_hour\n")
    instance = {"instance_type": text("json type"), "pricing": {text("json region"): {"linux": {"ondemand": "1"}}}}
    yield _write(folder / "prices.json", json.dumps([instance]))
    yield _write(folder / "other.json", json.dumps({text("json key"): text("json value")}))


async def write_recording(path: Path, db: HostileDB, text: Text) -> Path:
    """Write a recording of `db` as a program of others might: hostile in header, rows, errors, durations and texts.

    It is complete, and has three refreshes: the first run ends, and a read fails.
    """

    def recorded(place: str) -> str:
        return unicode_text(text(f"recorded {place}"))

    named = {name: recorded(name) for name in ("table", "region", "endpoint", "since", "program", "host")}
    header = msgspec.convert({**named, "logs": True}, Header)
    cluster = await _read(db)
    error = failure(recorded)
    runs = [run.id for run in cluster.runs]
    with RecordingWriter(path, header) as writer:
        for place, time in enumerate((ago(minutes=10), ago(minutes=5), NOW)):
            refresh = Refresh(
                time=time,
                status=Status(
                    refreshes=place + 1,
                    as_of=time,
                    error=error if place else None,
                    unreadable=(error,),
                    background_error=error,
                    refused=error,
                    every=timedelta(seconds=5),
                ),
                delta=cluster.delta(None),
                history_errors=dict.fromkeys(runs, error),
                usual={recorded("ident"): UsualDuration(30, timedelta(minutes=1), timedelta(minutes=2))},
            )
            writer._key_bytes = writer._since_key = 1 << 40  # each is a keyframe
            writer.add(refresh)
        for number, task in enumerate(each for each in db.rows.values() if isinstance(each, Task)):
            config = {"Cmd": text("recorded cmd")[:_MOST], "Image": text("recorded image")[:_MOST]}
            inspect = json.dumps({"Config": config}).encode()
            bodies = {"stderr": to_bytes(text("recorded stderr"))[:_MOST], "inspect": inspect}
            failed = {f"{name}_error": recorded(f"{name} error")[:_MOST] for name in bodies}
            writer.add_texts(task, TaskTexts(read=NOW, **(failed if number % 3 == 2 else bodies)))
    return path


def wrong_recordings(folder: Path, text: Text) -> Iterator[Path]:
    """Yield files that are no recording, or a damaged one."""
    yield _write(folder / file_name(text("recording name")), text("no recording"))
    header = msgspec.msgpack.encode(Header(table=unicode_text(text("damaged table"))))
    junk = to_bytes(text("frame"))[:60_000] or b"\xc1"
    path = folder / "damaged"
    path.write_bytes(FIRST_LINE + packed(b"H", 0, 0, header) + packed(KEY, 0, 1, junk))
    yield path
    path = folder / "other rows"
    rest = {
        "as_of": 1,
        "full_as_of": 1,
        "status": {unicode_text(text("status key")): text("status").encode("utf-8", "replace")},
    }
    path.write_bytes(FIRST_LINE + packed(b"H", 0, 0, header) + packed(KEY, 0, 1, msgspec.msgpack.encode(rest)))
    yield path


async def _read(db: TaskDB) -> Cluster:
    cluster = Cluster(NOW)
    await reads.refresh(db, cluster, ago(hours=1))
    return cluster


def _toml(text: str) -> str:
    """Return a string of TOML and YAML with a text, shortened because these files may not have megabytes."""
    return json.dumps(unicode_text(text[:_MOST]), ensure_ascii=False).replace("\x7f", "\\u007f")


def _write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(to_bytes(content))
    return path
