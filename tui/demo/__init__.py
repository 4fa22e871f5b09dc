"""A simulated cluster, and a local AWS-compatible service that it writes to.

* `service` runs ministack in a process of its own (`service_process`).
* `simulation` starts `python -m tui.demo`, the process of the cluster, which runs `simulate`.
* `scenario` chooses the runs, `run_plan` plans each from start to end, with `schedule`, `faults` and `workflow`.
* `simulated_cluster` writes the planned runs when they are due, through `row_writers`; `log_writer` writes their logs,
  which `artifacts` makes.
"""
