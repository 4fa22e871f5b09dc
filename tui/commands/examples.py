"""The examples in the help of each command, and the exit statuses with a meaning of their own in it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Example(NamedTuple):
    """A command line, without the program's name, and a clause that says what it does."""

    line: str
    meaning: str


EXAMPLES: Mapping[str, Sequence[Example]] = {
    "reflowtop": (
        Example("--table reflow-prod", "the dashboard on a table"),
        Example("'state:failing user:amy'", "the dashboard, filtered"),
        Example("--replay night.rec", "a recording in the dashboard"),
        Example("ps -u amy", "amy's active runs, for scripts and pipes"),
        Example("help ps", "all about one command"),
    ),
    "ps": (
        Example("ps", "active runs, worst first"),
        Example("ps state:failing,stalled", "runs that need attention"),
        Example("ps -i --since 24h -o csv", "runs of the last day, for a spreadsheet"),
        Example("ps -o json --fields id,state", "two fields of each run"),
        Example("ps --until 02:10", "the runs as of 02:10"),
    ),
    "tasks": (
        Example("tasks 77aa01ff", "tasks of a run, failed ones first"),
        Example("tasks state:failed ident:sort", "failed tasks of all active runs"),
        Example("tasks 77aa01ff --sort took", "the longest ones first"),
        Example("tasks state:stale -o name", "ids, for xargs"),
    ),
    "pools": (
        Example("pools state:stale,lost", "hosts with expired leases"),
        Example("pools --sort tasks --limit 5", "the busiest ones"),
        Example("pools --allocs -o json", "as JSON, with allocs"),
    ),
    "failures": (
        Example("failures", "all findings, worst first"),
        Example("failures ident:samtools", "findings about matching idents"),
        Example("failures --follow -o ndjson | ./page", "each finding as it appears, grows or is resolved"),
        Example("failures run:77aa01ff --explain", "what the failures of a run share, and why rows were lost"),
        Example("failures --explain -o markdown", "a page to paste into a ticket"),
        Example("failures --since 24h -u amy", "findings about amy's runs of the last day"),
    ),
    "note": (
        Example("note 1f2e3d4c 'raise the memory of sort, see OPS-12'", "what to do when this failure returns"),
        Example("note", "all notes"),
        Example("note -o json", "to export them"),
    ),
    "compare": (
        Example("compare 77aa01ff", "with the last run of its program that succeeded"),
        Example("compare 77aa01ff 8b944a1d -o csv", "two runs, for a spreadsheet"),
    ),
    "handoff": (
        Example("handoff --since 8h", "the page of a shift, from the table"),
        Example("handoff --replay night.rec", "the page of a recorded night"),
        Example("handoff --output shift.md", "written to a file, as `:handoff shift.md` of the dashboard does"),
    ),
    "replay-rules": (
        Example("replay-rules --replay night.rec", "the findings of a night"),
        Example("replay-rules --replay night.rec -o csv", "for a spreadsheet"),
    ),
    "describe": (
        Example("describe 77aa01ff", "a run or a task"),
        Example("describe i-0b07b0ea", "a pool, with the tasks that run there"),
        Example("describe 77aa01ff -o json", "as JSON, with the findings"),
    ),
    "prices": (
        Example("prices", "sources, ages and prices"),
        Example("prices update --since 7d", "from AWS, for the types in use"),
        Example("prices import prices.csv --region us-west-2", "from a file"),
    ),
    "logs": (
        Example("logs 77aa01ff", "the stderr of a task, or the log of a run"),
        Example("logs 77aa01ff --stdout -n 20", "the last 20 lines of its stdout"),
        Example("logs 77aa01ff -f --grep ERROR", "matching lines, as they are written"),
        Example("logs 4f2a91c0 --level error --since 1h", "errors of a run in the last hour"),
    ),
    "cat": (Example("cat sha256:54f021ff", "an object of the repository"),),
    "inspect": (
        Example("inspect 77aa01ff", "command, exit and resources of a task"),
        Example("inspect 77aa01ff -o json", "the whole record of Docker and the executor"),
    ),
    "watch": (
        Example("watch 4f2a91c0", "a line for each change until the run ends"),
        Example("watch 4f2a91c0 --until failed --notify", "notify the terminal of the first failure"),
        Example("watch --all -u amy -o json", "each change of any run of amy, until ctrl-C"),
        Example("watch 4f2a91c0 --exit-status && ./publish", "go on only if it succeeds"),
    ),
    "wait": (
        Example("wait 4f2a91c0", "until the run has ended, however it ends"),
        Example("wait 4f2a91c0 --exit-status && ./publish", "go on only if it succeeds"),
        Example("wait 4f2a91c0 --for failed --timeout 2h || true", "until it fails, at most two hours"),
    ),
    "share": (
        Example("share 4f2a91c0", "a bundle of one run, in the state folder"),
        Example("share -u amy --output .", "a bundle of amy's active runs, here"),
    ),
    "record": (
        Example("record night.rec --for 8h", "what a dashboard would read, for a night"),
        Example("record --share /var/lib/reflowtop/prod.rec", "for many dashboards to follow"),
    ),
    "export": (
        Example("export", "metrics at http://127.0.0.1:9464/metrics"),
        Example("export --listen 10.0.0.5:9464 --interval 15s", "for a Prometheus elsewhere, read less often"),
    ),
    "doctor": (
        Example("doctor", "each check, with a remedy for each problem"),
        Example("doctor -o json --cluster staging", "the checks of another cluster, as JSON"),
    ),
    "setup": (Example("setup reflow-prod reflow-logs", "create or complete a table and a bucket"),),
    "demo": (
        Example("demo", "the dashboard on a simulated cluster"),
        Example("demo --headless", "only the cluster, to try other commands"),
    ),
    "settings": (
        Example("settings", "each setting and its origin"),
        Example("settings --example", "a configuration file to start from"),
    ),
    "completion": (
        Example("completion bash > ~/.local/share/bash-completion/completions/reflowtop", "for bash"),
        Example("completion zsh > ~/.zfunc/_reflowtop", "for zsh, with ~/.zfunc in fpath"),
        Example("completion fish > ~/.config/fish/completions/reflowtop.fish", "for fish"),
    ),
    "help": (
        Example("help ps", "all about one command"),
        Example("help filter", "the language of filters"),
        Example("help states", "each state of a row: its sign and its rule"),
    ),
}

# In addition to the statuses of all commands: see `tui.exit_status.ExitCode`.
EXIT_STATUSES: Mapping[str, Mapping[int, str]] = {
    "watch": {1: "with --exit-status: a run is failing, failed, stale or lost"},
    "wait": {
        0: "every RUN has reached a state of --for",
        1: "timed out, or a RUN ended in another state; with --exit-status also if a RUN has failed, is stale or lost",
        3: "timed out, and the state is unknown: reads failed or took too long",
    },
    "doctor": {1: "there is a problem", 3: "AWS cannot be reached, throttles, or denies access"},
    "export": {0: "ctrl-C or SIGTERM ended it", 1: "the address of --listen cannot be used"},
    "record": {0: "the recording ended after --for, by ctrl-C or by SIGTERM"},
    "logs": {1: "there is no log, or it does not match its digest"},
    "cat": {1: "an object is missing, or does not match its digest"},
}
