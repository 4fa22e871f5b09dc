from pathlib import Path

import pytest

from store.aws.token_files import find_token_problem


@pytest.mark.parametrize(
    ("method", "settings"),
    [
        ("env", {}),
        ("sso", {}),
        ("sso", {"sso_session": "not logged in"}),
        ("login", {"login_session": "not logged in"}),
        ("container-role", {}),
        ("assume-role-with-web-identity", {}),
    ],
)
def test_settings_without_a_token_file_have_no_problem(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, method: str, settings: dict[str, str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nope")  # not used without a URI
    assert find_token_problem(method, settings) == ""


def test_a_user_without_a_home_has_no_logins(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path) -> None:
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "expanduser", fail)
    assert find_token_problem("sso", {"sso_session": "s"}) == ""


def test_the_folder_of_logins_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_LOGIN_CACHE_DIRECTORY", "$FOLDER/cache")
    monkeypatch.setenv("FOLDER", str(tmp_path / "file"))
    (tmp_path / "file").touch()
    assert find_token_problem("login", {"login_session": "s"}).endswith(".json: Not a directory")
