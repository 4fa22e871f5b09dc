"""Passwords before a host without a scheme are found, and what only has their form stays."""

import pytest

from tui.text.secrets.userinfo import find_userinfo


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("proxy amy:pw@proxy:3128 refused", ["pw"]),
        ("amy:hunter2@tcp(h:1)/x", ["hunter2"]),
        ("amy:p@ss@proxy:3128", ["p@ss"]),
        ("amy:hunter@db.example.com, retrying", ["hunter"]),
        ("amy@example.com:hunter2@proxy:3128", ["hunter2"]),
        (":hunter2@cache:6379", ["hunter2"]),
        ("x:1@[::1]:80 amy:pw@[::1]:80", ["pw"]),
    ],
)
def test_a_port_or_a_host_with_a_domain_tells_credentials(text: str, found: list[str]) -> None:
    assert [text[slice(*span)] for span in find_userinfo(text)] == found


def test_a_host_without_a_domain_needs_a_word_of_a_connection_or_a_password_that_is_no_name() -> None:
    for text in (
        "cannot connect to amy:hunter@db",
        "amy:hunter@db: access denied",
        "amy:Hunter2x@db",
        "amy:hunt!r2@db",
    ):
        assert len(list(find_userinfo(text))) == 1, text
    for text in ("amy:hunter@db", "amy:hunter2@db", "node:worker1@host", "pull align:v1@prod: access denied"):
        assert list(find_userinfo(text)) == [], text


@pytest.mark.parametrize("label", ["user", "From", "mailto", "signed-off-by", "npm", "ssh", "serviceAccount"])
def test_a_name_after_a_label_stays(label: str) -> None:
    assert list(find_userinfo(f"{label}:amy@example.com")) == []


def test_credentials_after_a_label_are_those_of_their_own_user() -> None:
    text = "proxy:amy:pw@proxy:3128, user:amy:hunter2@db:5432"
    assert [text[slice(*span)] for span in find_userinfo(text)] == ["amy:pw", "hunter2"]


@pytest.mark.parametrize(
    "text",
    [
        "12:30:45@host.example.com:80",
        "x.go:120@v1.2.3",
        "rank:3@node1:29500",
        "align:v1@sha256:abc",
        "zlib:static@1.2.13",
        "amy:@proxy:3128",
        "amy:$PASSWORD@proxy:3128",
        "amy@host:22",
        "no such host",
    ],
)
def test_times_places_versions_and_digests_stay(text: str) -> None:
    assert list(find_userinfo(text)) == []


def test_digits_are_a_pin_only_for_a_user_on_a_host_with_a_port_or_beside_a_word_of_a_connection() -> None:
    assert len(list(find_userinfo("amy:1234@proxy:3128"))) == 1
    assert len(list(find_userinfo("proxy amy:1234@proxy.example.com refused"))) == 1
    assert list(find_userinfo("amy:1234@proxy.example.com")) == []


def test_a_password_with_a_slash_needs_a_port_or_two_other_signs_since_paths_have_its_form() -> None:
    for text in ("amy:pa/ss@proxy:3128", "amy:hunt/er@db.example.com: access denied", "amy:Hunt/er2@db.example.com"):
        assert [text[slice(*span)] for span in find_userinfo(text)] == [text[4 : text.index("@")]], text
    for text in ("amy:pa/ss@db", "amy:pa/ss@db.example.com", "amy:Hunt/er2@db", "amy:/data@h:22", "h:5000/x@main:80"):
        assert list(find_userinfo(text)) == [], text
