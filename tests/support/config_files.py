"""Contents of configuration files."""

# Every setting that a configuration file may have, each different from its default.
EVERYTHING = """\
table = "reflow-prod"
bucket = "logs"
region = "us-west-2"
profile = "oncall"
endpoint_url = "http://127.0.0.1:8000"
user = "amy"
since = 2026-11-02
interval = 2
keep_failed = "2h"
read_budget = 12.5
price = 0
filter = "state:stale"
mouse = false
tz = "Europe/Berlin"
theme = "nord"
ascii = true
preview = "small"
clipboard = "osc52"
notify = false

[keys]
pause = ["P", "space"]
table.cursor_down = "down,j"
"table.cursor_up" = ["up"]

[prices]
r5.2xlarge = 0.504
"m5.large" = "0.1"
discount = "30%"

[columns]
runs = ["run", "state"]
"""
