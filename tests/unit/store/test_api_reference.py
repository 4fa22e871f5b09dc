"""The reference of the library."""

import store
from tests.support import api_reference


def test_the_reference_is_up_to_date() -> None:
    assert api_reference.FILE.read_text() == api_reference.render(), "run `python -m tests.support.api_reference`"


def test_it_describes_every_public_name() -> None:
    lines = api_reference.FILE.read_text().splitlines()
    titles = {line.split("`")[1] for line in lines if line.startswith("### ")}
    assert titles == {*store.__all__}
    assert not [line for line in lines if line.startswith("#### ") and not line.rstrip().endswith("`")]


def test_every_public_name_has_a_docstring() -> None:
    text = api_reference.FILE.read_text()
    sections = [section.strip() for section in text.split("\n### ")[1:]]
    assert not [section.splitlines()[0] for section in sections if not section.splitlines()[-1].strip("`").strip()]
