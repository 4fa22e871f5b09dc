"""The table that a recording is of."""

from tui.commands.recorded_table import recorded_table
from tui.settings import Settings
from tui.terminal.new_files import table_file_name
from tui.watch.recording.header import Header


def test_a_recording_uses_the_state_files_of_its_live_table() -> None:
    settings = Settings(table="recorded")
    local = Settings(table="reflow-prod", endpoint_url="http://127.0.0.1:4566")
    found = recorded_table(settings, Header("reflow-prod", region="us-west-2", endpoint="127.0.0.1:4566"))
    assert table_file_name(found) == table_file_name(local)
    found = recorded_table(settings, Header("reflow-prod", region="us-west-2"))
    assert table_file_name(found) == table_file_name(Settings(table="reflow-prod", region="us-west-2"))
