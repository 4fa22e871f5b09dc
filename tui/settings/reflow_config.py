"""The table and the bucket named in reflow's own configuration file, `~/.reflow/config.yaml`."""

from collections.abc import Mapping
from pathlib import Path

from tui.settings.settings_error import SettingsError

PATH = Path("~/.reflow/config.yaml")


def read_taskdb(path: Path) -> dict[str, str]:
    """Return `table` and `bucket` as far as the file at `path` names them; a missing file names neither.

    Raises SettingsError if the file cannot be read or understood.
    """
    import yaml

    try:
        config = yaml.safe_load(path.expanduser().read_bytes())
    except (FileNotFoundError, NotADirectoryError, RuntimeError):  # RuntimeError: the user has no home
        return {}
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}); fix it or use --table NAME") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SettingsError(
            f"{path} is not valid YAML ({_describe_position(error)}); fix it or use --table NAME"
        ) from error
    if not isinstance(config, dict) or config.get("taskdb") is None:
        return {}
    parameters = _parse_taskdb(config["taskdb"], config)
    if parameters is None:
        raise SettingsError(
            f"{path}: taskdb is {str(config['taskdb'])[:100]!r}, not of the form"
            " dynamodbtask,table=NAME,bucket=NAME; fix it or use --table NAME"
        )
    return {name: parameters[name] for name in ("table", "bucket") if name in parameters}


def read_bucket(path: Path, table: str) -> dict[str, str]:
    """Return the bucket that the file at `path` names, if it names `table` too. Errors in the file are ignored."""
    try:
        # Parsing YAML takes longer than reading all other settings; skip a file that does not mention the table.
        if table.encode() not in path.expanduser().read_bytes():
            return {}
        taskdb = read_taskdb(path)
    except (OSError, RuntimeError, ValueError):  # ValueError: also a table name with lone surrogates
        return {}
    return taskdb if taskdb.get("table") == table else {}


def _parse_taskdb(taskdb: object, config: Mapping[str, object]) -> dict[str, str] | None:
    """Return the parameters of `taskdb`, a map or `provider,name=value,...`; None for another provider or form.

    reflow also accepts the parameters of a provider at the top level of the file, under the name of the provider.
    """
    if isinstance(taskdb, str):
        provider, *pairs = (part.strip() for part in taskdb.split(","))
        split = [pair.partition("=") for pair in pairs]
        if provider != "dynamodbtask" or not all(equals for _, equals, _ in split):
            return None
        return {**_select_strings(config.get(provider)), **{name.strip(): value.strip() for name, _, value in split}}
    if isinstance(taskdb, dict):
        return _select_strings(taskdb.get("dynamodbtask", taskdb))
    return None


def _select_strings(value: object) -> dict[str, str]:
    return {str(name): text for name, text in value.items() if isinstance(text, str)} if isinstance(value, dict) else {}


def _describe_position(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}" if mark is not None else type(error).__name__
