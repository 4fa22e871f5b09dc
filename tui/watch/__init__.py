"""The live model of a cluster, and the reads that keep it current. Never imports Textual.

`model` holds the rows and what follows from them, `polling` reads the table, `findings` picks what deserves attention,
and `recording` keeps refreshes in memory and in files. `data_source` is the interface that screens see.
"""
