"""The table and the bucket in reflow's own configuration."""

from collections.abc import Mapping
from pathlib import Path

from tui.settings.settings_error import SettingsError

PATH = Path("~/.reflow/config.yaml")


def read_taskdb(path: Path) -> dict[str, str]:
    """What the file says of `table` and `bucket`; nothing if it is not there, or does not say.

    Raises SettingsError for a file that cannot be understood.
    """
    import yaml

    try:
        config = yaml.safe_load(path.expanduser().read_bytes())
    except (FileNotFoundError, NotADirectoryError, RuntimeError):  # the last for a user without a home
        return {}
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}): mend that or say --table NAME") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SettingsError(f"{path} is not YAML ({_where(error)}): mend it or say --table NAME") from error
    if not isinstance(config, dict) or config.get("taskdb") is None:
        return {}
    parameters = _parameters(config["taskdb"], config)
    if parameters is None:
        raise SettingsError(
            f"{path}: taskdb is {str(config['taskdb'])[:100]!r}, not like dynamodbtask,table=NAME,bucket=NAME:"
            " mend it or say --table NAME"
        )
    return {name: parameters[name] for name in ("table", "bucket") if name in parameters}


def read_bucket(path: Path, table: str) -> dict[str, str]:
    """What the file says of the bucket, if it names that `table`. What is wrong with it does not matter then."""
    try:
        # To read YAML takes longer than all other settings do: not for a file that is about another table.
        if table.encode() not in path.expanduser().read_bytes():
            return {}
        found = read_taskdb(path)
    except (OSError, RuntimeError, ValueError):  # a table of lone surrogates, too
        return {}
    return found if found.get("table") == table else {}


def _parameters(taskdb: object, config: Mapping[str, object]) -> dict[str, str] | None:
    """The parameters in `taskdb`, which is `provider,name=value,...` or a map; None for another provider or form.

    reflow lets a provider's parameters also stand on their own under its name, at the top of the file.
    """
    if isinstance(taskdb, str):
        provider, *pairs = (part.strip() for part in taskdb.split(","))
        split = [pair.partition("=") for pair in pairs]
        if provider != "dynamodbtask" or not all(equals for _, equals, _ in split):
            return None
        return {**_texts(config.get(provider)), **{name.strip(): value.strip() for name, _, value in split}}
    if isinstance(taskdb, dict):
        return _texts(taskdb.get("dynamodbtask", taskdb))
    return None


def _texts(value: object) -> dict[str, str]:
    return {str(name): text for name, text in value.items() if isinstance(text, str)} if isinstance(value, dict) else {}


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}" if mark is not None else type(error).__name__
