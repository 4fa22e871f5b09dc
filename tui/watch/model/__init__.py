"""The model of the cluster: rows, tallies, states, and the changes between refreshes."""
