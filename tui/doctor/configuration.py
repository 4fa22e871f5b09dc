"""Checks of the settings: the configuration file, the table and the bucket, and where each comes from."""

from collections.abc import Callable

from tui.doctor.check_result import CheckResult, ok, problem, warning
from tui.settings import Settings, SettingsError
from tui.settings.precedence import ResolvedSettings

CheckDisplay = Callable[[Settings], None]
"""Raises SettingsError for a theme, key or column that does not exist."""


def check_settings(resolved: ResolvedSettings, check_display: CheckDisplay) -> list[CheckResult]:
    """Return the results for the settings, the table and the bucket."""
    return [_check_file(resolved, check_display), _check_table(resolved), _check_bucket(resolved.settings)]


def explain_refusal(error: SettingsError) -> CheckResult:
    """Return the problem for settings that cannot be read."""
    found, _, remedy = str(error).rpartition("; ")
    return problem("settings", found or remedy, remedy if found else "")


def _check_file(resolved: ResolvedSettings, check_display: CheckDisplay) -> CheckResult:
    try:
        check_display(resolved.settings)
    except SettingsError as error:
        return explain_refusal(error)
    path, exists = resolved.file.path, resolved.file.text is not None
    cluster = "" if resolved.cluster is None else f", cluster {resolved.cluster.value}"
    found = f"{path}{'' if exists else ' does not exist: defaults apply'}{cluster}"
    return ok("settings", found, path=str(path), exists=exists)


def _check_table(resolved: ResolvedSettings) -> CheckResult:
    settings = resolved.settings
    if not settings.table:
        return problem("table name", "none given", "use --table NAME, or set REFLOWTOP_TABLE, or `table` in the file")
    source = settings.source("table").place
    return ok("table name", f"{settings.table} (from {source})", table=settings.table, source=source)


def _check_bucket(settings: Settings) -> CheckResult:
    if not settings.bucket:
        return warning("bucket name", "none given: no log can be read", "use --bucket NAME, or set REFLOWTOP_BUCKET")
    source = settings.source("bucket").place
    return ok("bucket name", f"{settings.bucket} (from {source})", bucket=settings.bucket, source=source)
