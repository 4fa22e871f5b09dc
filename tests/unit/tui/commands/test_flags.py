"""The flags that commands share."""

import pytest

from tui import cli
from tui.commands.flags import merge
from tui.settings.fields import FIELDS, Field

WITH_OWN_FLAGS = {"until", "filter", "mouse", "notify"}


def test_later_layers_win_unless_unset() -> None:
    assert merge({"table": "a", "user": "amy"}, {"table": "b", "user": None}) == {"table": "b", "user": "amy"}
    assert merge({}, {"table": None}) == {}


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_setting_is_a_flag_of_the_dashboard(field: Field) -> None:
    flags = {option for parameter in cli.reflowtop.params for option in parameter.opts}
    assert field.name in WITH_OWN_FLAGS or field.flag in flags
    assert "--no-mouse" in flags
