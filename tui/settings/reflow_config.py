"""The table and the bucket named in reflow's own configuration file, `~/.reflow/config.yaml`."""

import re
from pathlib import Path

from tui.settings.settings_error import SettingsError
from tui.settings.yaml_document import Node, Pairs, Scalar, YamlError, parse_document

PATH = Path("~/.reflow/config.yaml")
_PROVIDER = "dynamodbtask"
_MAX_SIZE = 1 << 20  # bytes
_REMEDY = "fix it or use --table NAME"


def read_taskdb(path: Path) -> dict[str, str]:
    """Return `table` and `bucket` as far as the file at `path` names them; a missing file names neither.

    Raises SettingsError if the file cannot be read or understood.
    """
    from store.regular_file import read_regular_file  # with all of `store`, which `--help` does not need

    try:
        config = parse_document(read_regular_file(path.expanduser(), _MAX_SIZE))
    except (FileNotFoundError, NotADirectoryError, RuntimeError):  # RuntimeError: the user has no home
        return {}
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}); {_REMEDY}") from error
    except YamlError as error:
        place = f"{path}:{error.line}" if error.line else str(path)
        raise SettingsError(f"{place}: not valid YAML ({error}); {_REMEDY}") from error
    taskdb = config.get("taskdb") if isinstance(config, Pairs) else None
    if not isinstance(config, Pairs) or taskdb is None or (isinstance(taskdb, Scalar) and taskdb.is_null):
        return {}
    parameters = _parse_taskdb(taskdb, config)
    if parameters is None:
        given = f"{taskdb.text[:100]!r}" if isinstance(taskdb, Scalar) else "a list"
        form = f"{_PROVIDER},table=NAME,bucket=NAME"
        line = config.lines.get("taskdb", 1)
        raise SettingsError(f"{path}:{line}: taskdb is {given}, not of the form {form}; {_REMEDY}")
    return {name: parameters[name] for name in ("table", "bucket") if name in parameters}


def read_bucket(path: Path, table: str) -> dict[str, str]:
    """Return the bucket that the file at `path` names, if it names `table` too. Errors in the file are ignored."""
    from store.regular_file import read_regular_file

    try:
        # Parsing YAML takes longer than reading all other settings; skip a file that does not mention the table.
        data = read_regular_file(path.expanduser(), _MAX_SIZE)
        if not data.startswith((b"\xff\xfe", b"\xfe\xff")) and table.encode() not in data:  # not UTF-16
            return {}
        taskdb = read_taskdb(path)
    except (OSError, RuntimeError, ValueError):  # ValueError: also a table name with lone surrogates
        return {}
    return taskdb if taskdb.get("table") == table else {}


def _parse_taskdb(taskdb: Node, config: Pairs) -> dict[str, str] | None:
    """Return the parameters of `taskdb`, a map or `provider,name=value,...`; None for another provider or form.

    reflow also accepts the parameters of a provider at the top level of the file, under the name of the provider.
    """
    if isinstance(taskdb, Scalar):
        provider, *pairs = (part.strip() for part in re.split(",", taskdb.text, maxsplit=100))
        split = [pair.partition("=") for pair in pairs]
        if provider != _PROVIDER or not all(equals for _, equals, _ in split):
            return None
        return {**_texts(config.get(provider)), **{name.strip(): value.strip() for name, _, value in split}}
    if isinstance(taskdb, Pairs):
        inner = taskdb.get(_PROVIDER)
        return _texts(taskdb if inner is None else inner)
    return None


def _texts(node: Node | None) -> dict[str, str]:
    return node.texts() if isinstance(node, Pairs) else {}
