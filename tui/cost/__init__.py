"""Costs of hosts, and of the tasks and runs on them. Never imports Textual."""
