"""reflowtop: a terminal dashboard for running reflow workflows.

* `cli`, `commands`, `exit_status`: the command line.
* `app`, `screens`, `widgets`, `theme`: the dashboard, built on Textual.
* `lists`, `text`, `query`, `export`, `logs`: rows, formats, filters and logs, shared by screens and commands.
* `watch`: the cluster as last read, the poller, findings and recordings. Never imports Textual.
* `settings`, `terminal`, `connect`, `crash_report`: the settings and the machine that this runs on.
* `demo`: a simulated cluster.

Imports point down this list of layers: command line, dashboard, shared parts, `watch`, and the package `store`.
"""
