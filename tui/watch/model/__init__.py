"""The model of the cluster: rows, states, changes."""
