from pathlib import Path

from tests.support.rows import NOW
from tui import settings
from tui.doctor.configuration import check_settings, explain_refusal
from tui.settings import Settings, SettingsError
from tui.settings.precedence import ResolvedSettings


def resolve(path: Path, **flags: str) -> ResolvedSettings:
    return settings.resolve(flags, {}, NOW, config=path / "config.toml", reflow_config=path / "reflow.yaml")


def accept(_: Settings) -> None:
    """Find nothing wrong."""


def test_settings_name_the_file_and_where_table_and_bucket_come_from(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('table = "reflow-prod"\n')
    file, table, bucket = check_settings(resolve(tmp_path, bucket="logs"), accept)
    assert file.text == f"{tmp_path}/config.toml"
    assert table.text == f"reflow-prod (from {tmp_path}/config.toml:1)"
    assert bucket.text == "logs (from --bucket)"
    assert {each.status for each in (file, table, bucket)} == {"ok"}


def test_a_missing_table_is_a_problem_and_a_missing_bucket_a_warning(tmp_path: Path) -> None:
    file, table, bucket = check_settings(resolve(tmp_path), accept)
    assert file.text.endswith("config.toml does not exist: defaults apply")
    assert (table.status, "--table NAME" in table.remedy) == ("problem", True)
    assert (bucket.status, "no log can be read" in bucket.found) == ("warning", True)


def test_a_wrong_theme_is_a_problem(tmp_path: Path) -> None:
    def refuse(_: Settings) -> None:
        raise SettingsError("--theme: unknown theme 'nrod'; did you mean nord?")

    file, *_ = check_settings(resolve(tmp_path, table="reflow-prod"), refuse)
    assert (file.found, file.remedy) == ("--theme: unknown theme 'nrod'", "did you mean nord?")


def test_a_refusal_without_a_remedy_is_shown_whole() -> None:
    assert explain_refusal(SettingsError("--since: 'x' is not a time")).text == "--since: 'x' is not a time"
